package modproxy

import (
	"net/http"
	"time"
)

// Connections over one path differ: one that loses packets while it gets up to speed
// may stay ten times slower than its neighbours. Answers are spread by their number,
// so that it has most of them at the end, while the others have nothing left to do.

// A load is what decides when a connection brings what is left of an answer.
type load struct {
	peak float64 // bytes a second at its best of late
	open int     // answers that share it
}

// time is how long so many bytes of one answer take.
func (l load) time(bytes int64) time.Duration {
	return time.Duration(float64(bytes) * float64(l.open) / l.peak * float64(time.Second))
}

// Below leastFast no connection is worth going to: there the line may be the limit.
// One that is laggard times slower than another lags.
const (
	leastFast = 1 << 20 // bytes a second
	laggard   = 3
)

// lags reports whether the rest of an answer comes so much sooner over another
// connection that it is worth asking anew: in half the time, and by more than least.
func (l load) lags(other load, left int64, least time.Duration) bool {
	if other.peak < leastFast || laggard*l.peak > other.peak || l.peak == 0 {
		return false
	}
	other.open++
	here, there := l.time(left), other.time(left)
	return here > 2*there && here-there > least
}

// lags reports whether left bytes of a body come sooner over another connection.
func (p *pool) lags(b *counted, left int64, least time.Duration) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.multi[b.host] {
		return false
	}
	own := load{b.conn.meter.peak(now), b.conn.open}
	for _, s := range p.shards {
		if c := s.conns[b.host]; c != nil && c != b.conn && own.lags(load{c.meter.peak(now), c.open}, left, least) {
			return true
		}
	}
	return false
}

// fastest returns the shard over which an answer of this host comes soonest, and with
// how many bytes a second, 0 when nothing is known.
func (p *pool) fastest(host string) (best *shard, most float64) {
	best, now := p.idlest(host), time.Now()
	for _, s := range p.shards {
		if c := s.conns[host]; c != nil {
			if r := c.meter.peak(now) / float64(c.open+1); r > most {
				best, most = s, r
			}
		}
	}
	return best, most
}

// Fastest is with how many bytes a second one more answer of a host would come over the
// fastest connection there is, 0 when nothing is known.
func (c *Client) Fastest(host string) float64 {
	c.h2.mu.Lock()
	defer c.h2.mu.Unlock()
	if !c.h2.multi[host] {
		return 0
	}
	_, r := c.h2.fastest(host)
	return r
}

// Shared is how many answers come over the connection of this one, at least one, and
// how many bytes a second it brought at its best of late, 0 when nothing is known.
func (c *Client) Shared(resp *http.Response) (sharers int, peak float64) {
	b := pooled(resp)
	if b == nil {
		return 1, 0
	}
	c.h2.mu.Lock()
	defer c.h2.mu.Unlock()
	return max(1, b.conn.open), b.conn.meter.peak(time.Now())
}

// Lags reports whether left bytes of an answer come sooner, by more than least, when
// they are asked for over another connection (Try.Fast). While the line is as full as it
// was that would only take from the others.
func (c *Client) Lags(resp *http.Response, left int64, least time.Duration) bool {
	b := pooled(resp)
	return b != nil && c.meter.idle(time.Now()) && c.h2.lags(b, left, least)
}

// pooled returns the body of an answer that came over the pool, else nil.
func pooled(resp *http.Response) *counted {
	w, _ := resp.Body.(*watchedBody)
	if w == nil {
		return nil
	}
	b, _ := w.ReadCloser.(*counted)
	return b
}
