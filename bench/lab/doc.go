// Package lab is what the benchmarks share: module graphs, an upstream that
// counts, a link with a delay, and the measuring of commands.
//
// A measured command is a process whose whole tree is paid for: its time is by
// the clock, its CPU by wait4. The upstream is a process of its own, so that
// its work is in nobody's bill, and what it served is counted there and not
// believed of the client. Two kinds of link exist: on loopback the upstream
// sleeps before each answer, which anybody can run and which has neither slow
// start nor loss; between two network namespaces (Linux, root) packets cross a
// TUN device in this process that has a rate, a queue, loss and a delay.
//
// Everything that is fetched goes to a cache folder outside of the repository;
// everything else is in a folder that Close removes.
package lab
