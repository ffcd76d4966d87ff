package doctor

import "syscall"

// Flags of a mount (sys/mount.h).
const (
	mntNoExec = 0x4
	mntLocal  = 0x1000
)

func share(st *syscall.Statfs_t) (string, bool) {
	var name []byte
	for _, c := range st.Fstypename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	return string(name), st.Flags&mntLocal == 0
}

func noExec(st *syscall.Statfs_t) bool { return st.Flags&mntNoExec != 0 }
