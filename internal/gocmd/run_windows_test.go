package gocmd

func raise(n int) int { return 128 + n }
