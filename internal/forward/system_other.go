//go:build !windows

package forward

// System is the registry of this machine, nil where there is none.
func System() Registry { return nil }

// CurrentAccount is the account that this process runs as, where its kind matters.
func CurrentAccount() Account { return Account{} }
