package modproxy

import (
	"sync"
	"time"
)

// A meter knows how fast answers come in of late, all of them together. On a line
// that they fill, each waits for its turn, which is no fault of a module proxy.
type meter struct {
	mu    sync.Mutex
	slots [meterSlots]int64 // bytes, by the slot's number modulo meterSlots
	first int64             // number of the first slot there was
	last  int64             // number of the newest slot
	most  int64             // bytes of the best second there was
}

// A meter looks back over so many slots, four seconds.
const (
	meterSlot  = 250 * time.Millisecond
	meterSlots = 16
	oneSecond  = int64(time.Second / meterSlot) // in slots
)

// turnBytes is what comes of one answer until each other one had its turn: up to four
// frames of HTTP/2. With more, the last few answers of a lossy path, which are slow
// together, would be waited for when one of them has stalled.
const turnBytes = 64 << 10

// mostTurn bounds how long an answer is waited for in a queue.
const mostTurn = time.Minute

func (m *meter) add(now time.Time, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now)
	m.slots[m.last%meterSlots] += int64(n)
}

// advance empties the slots that time has passed since the last call.
func (m *meter) advance(now time.Time) {
	number := now.UnixNano() / int64(meterSlot)
	if m.first != 0 && number > m.last {
		m.most = max(m.most, m.sum(oneSecond))
	}
	switch {
	case m.first == 0:
		m.first, m.last = number, number
	case number-m.last >= meterSlots:
		m.slots = [meterSlots]int64{}
	default:
		for n := m.last + 1; n <= number; n++ {
			m.slots[n%meterSlots] = 0
		}
	}
	m.last = max(m.last, number)
}

// rate is in bytes a second over so many slots.
func (m *meter) rate(now time.Time, slots int64) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now)
	slots = min(m.last-m.first+1, slots)
	return float64(m.sum(slots)) / (time.Duration(slots) * meterSlot).Seconds()
}

// sum is what came in the last slots.
func (m *meter) sum(slots int64) (n int64) {
	for i := range slots {
		n += m.slots[(m.last-i)%meterSlots]
	}
	return n
}

// idle reports whether not half as much comes as in the best second there was.
func (m *meter) idle(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now)
	return 2*m.sum(oneSecond) < m.most
}

// peak is the greatest rate over two slots of late, in bytes a second.
func (m *meter) peak(now time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now)
	most := int64(0)
	for i := range int64(meterSlots*3/4 - 1) {
		most = max(most, m.slots[(m.last-i)%meterSlots]+m.slots[(m.last-i-1)%meterSlots])
	}
	return float64(most) / (2 * meterSlot).Seconds()
}

// leastLine is what a full line brings in bytes a second. One with less is not full.
const leastLine = 8 << 10

// turn is how long it takes until each of so many answers had its turn, 0 on a line
// that is not full.
func turn(answers int, rate float64) time.Duration {
	if answers < 2 || rate < leastLine {
		return 0
	}
	return min(mostTurn, time.Duration(float64(answers)*turnBytes/rate*float64(time.Second)))
}

// atOnce is how many answers a line brings side by side with no turn longer than d.
func atOnce(d time.Duration, rate float64) int {
	return int(d.Seconds() * rate / turnBytes)
}
