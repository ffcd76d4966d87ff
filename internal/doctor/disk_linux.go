package doctor

import "syscall"

// shares are file systems of other machines (statfs(2)).
var shares = map[int64]string{
	0x6969: "NFS", 0x517b: "SMB", 0xfe534d42: "SMB2", 0xff534d42: "CIFS", 0x01021997: "9P",
	0x00c36400: "Ceph", 0x47504653: "GPFS", 0x0bd00bd0: "Lustre", 0x5346414f: "AFS",
}

func share(st *syscall.Statfs_t) (string, bool) {
	name, ok := shares[int64(st.Type)&0xffffffff] // sign and width differ by architecture
	return name, ok
}

// noExec reads ST_NOEXEC (statfs(2)).
func noExec(st *syscall.Statfs_t) bool { return st.Flags&8 != 0 }
