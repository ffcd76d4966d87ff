// Package modproxy knows module proxies from the client's side: the grammar of
// GOPROXY, one HTTP exchange that may take several attempts, measuring
// candidates and choosing among them.
//
// The hard decision is what counts as an answer. A candidate has answered only
// when the bytes it sent are bit for bit what a go.sum line says they are:
// portals, login pages and fast error pages never win a race. Choosing is a pure
// function of measurements, so that a choice can be explained and tested without
// a network.
//
// What to serve to the go command, and how long to go on trying, is the
// loopback's business (internal/loopback).
package modproxy
