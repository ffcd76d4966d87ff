package modproxy

import (
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	now := time.Unix(1000, 0)
	if r := m.rate(now, meterSlots); r != 0 {
		t.Errorf("%v at first", r)
	}
	for range 8 { // two seconds
		m.add(now, 25_000)
		now = now.Add(meterSlot)
	}
	now = now.Add(-meterSlot)
	if r := m.rate(now, meterSlots); r != 100_000 {
		t.Errorf("%v after two seconds of 100,000 a second", r)
	}
	if r := m.rate(now, 4); r != 100_000 {
		t.Errorf("%v in the last one", r)
	}
	if r := m.peak(now); r != 100_000 {
		t.Errorf("%v at its best", r)
	}
	if m.idle(now) {
		t.Error("idle while it is at its best")
	}
	now = now.Add(2 * time.Second)
	if r := m.peak(now); r != 100_000 {
		t.Errorf("%v at its best, two seconds ago", r)
	}
	if !m.idle(now) {
		t.Error("not idle when nothing comes")
	}
	if r := m.rate(now, meterSlots); r != 50_000 {
		t.Errorf("%v after two more with nothing", r)
	}
	now = now.Add(time.Hour)
	if r := m.rate(now, meterSlots); r != 0 {
		t.Errorf("%v an hour later", r)
	}
	m.add(now, 400_000)
	if r := m.rate(now, meterSlots); r != 100_000 {
		t.Errorf("%v with all of it in the last slot", r)
	}
}

func TestTurn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answers int
		rate    float64
		want    time.Duration
	}{
		{175, 0, 0},
		{175, leastLine - 1, 0},
		{1, leastLine, 0},
		{160, 100 << 20, 100 * time.Millisecond},
		{64, 512 << 10, 8 * time.Second},
		{256, leastLine, mostTurn},
	} {
		if got := turn(tt.answers, tt.rate); got != tt.want {
			t.Errorf("%d answers at %v a second: %v, want %v", tt.answers, tt.rate, got, tt.want)
		}
	}
	if n := atOnce(time.Second, 2<<20); n != 32 {
		t.Errorf("%d at once", n)
	}
}
