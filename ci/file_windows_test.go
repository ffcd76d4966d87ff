package ci

func appendToFullDisk(string) {}
