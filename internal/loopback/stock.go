package loopback

import "sync"

// A stock holds what was fetched ahead until go takes it. Each file is given out
// once: after that the module cache has it.
type stock struct {
	mu    sync.Mutex
	files map[string]stocked
	asked map[string]bool // go has asked for it, so it need not be kept any more
}

// stocked is a file, or that it is nowhere.
type stocked struct {
	content *content
	err     error
}

func newStock() *stock {
	return &stock{files: map[string]stocked{}, asked: map[string]bool{}}
}

// put keeps a result unless go has asked for the file meanwhile.
func (s *stock) put(path string, r stocked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[path] {
		r.drop()
		return
	}
	s.files[path] = r
}

// take hands out a result; the caller releases the content.
func (s *stock) take(path string) (stocked, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[path] = true
	r, ok := s.files[path]
	delete(s.files, path)
	return r, ok
}

// wanted reports whether go has asked for the file already.
func (s *stock) wanted(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// clear drops what nobody took and counts it.
func (s *stock) clear() (files int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, r := range s.files {
		if r.content != nil {
			files++
			bytes += r.content.n
		}
		r.drop()
		delete(s.files, path)
	}
	return files, bytes
}

func (r stocked) drop() {
	if r.content != nil {
		r.content.release()
	}
}
