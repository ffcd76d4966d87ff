package lab

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A device is a TUN device: what one end of the link sends is read from it.
// Its descriptor blocks, and each of its two users has a thread, because timers
// of the Go runtime are a millisecond coarse when nothing else is to do.
type device struct {
	fd int
}

// openDevice makes a device (Documentation/networking/tuntap.rst in the kernel).
func openDevice(name string) (*device, error) {
	const iffTUN, iffNoPI = 0x0001, 0x1000
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	var req struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(req.name[:], name)
	req.flags = iffTUN | iffNoPI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&req))); errno != 0 {
		syscall.Close(fd)
		return nil, fmt.Errorf("make TUN device %s: %w", name, errno)
	}
	return &device{fd}, nil
}

// close removes the device, if there is one.
func (d *device) close() {
	if d != nil {
		syscall.Close(d.fd)
	}
}

// A packet is under way until due.
type packet struct {
	data []byte
	due  time.Time
}

// queued is more packets than a full queue and line hold: 0.4 s at 1 Gbit/s.
const queued = 1 << 15

// forward carries packets one way: through a queue of max(50 ms, RTT) that
// drops at its tail, over a line that sends them one after another, with loss
// and half the round trip. It ends with the device.
func forward(from, to *device, w Wire, carriers *sync.WaitGroup) {
	line := make(chan packet, queued)
	free := make(chan []byte, queued)
	carriers.Go(func() { receive(from, w, line, free) })
	carriers.Go(func() { deliver(to, line, free) })
}

func receive(from *device, w Wire, line chan<- packet, free <-chan []byte) {
	runtime.LockOSThread()
	defer close(line)
	longest := max(50*time.Millisecond, w.RTT)
	var idle time.Time // when the line has sent all it was given
	buf := make([]byte, 2048)
	for {
		n, err := syscall.Read(from.fd, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		now := time.Now()
		if idle.Before(now) {
			idle = now
		}
		if idle.Sub(now) > longest || rand.Float64() < w.Loss {
			continue
		}
		idle = idle.Add(time.Duration(int64(n) * 8 * int64(time.Second) / w.Rate))
		line <- packet{append(empty(free), buf[:n]...), idle.Add(w.RTT / 2)}
	}
}

// empty is a buffer that was used before, if there is one.
func empty(free <-chan []byte) []byte {
	select {
	case b := <-free:
		return b[:0]
	default:
		return make([]byte, 0, 1504)
	}
}

func deliver(to *device, line <-chan packet, free chan<- []byte) {
	runtime.LockOSThread()
	for p := range line {
		for wait := time.Until(p.due); wait > 0; wait = time.Until(p.due) {
			ts := syscall.NsecToTimespec(int64(wait))
			syscall.Nanosleep(&ts, nil)
		}
		syscall.Write(to.fd, p.data)
		select {
		case free <- p.data:
		default:
		}
	}
}
