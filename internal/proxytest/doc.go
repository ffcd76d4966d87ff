// Package proxytest is the one module proxy of all tests: it serves modules
// from text files, made-up graphs or a module cache, and it fails on demand.
//
// What fails is part of the base URL, so that one server gives any mixture of
// upstreams and a test reads like its GOPROXY:
//
//	srv := proxytest.New(t, proxytest.Dir("testdata/mod"))
//	goproxy := srv.URL + "/503x2|" + srv.URL + "/cutx1@zip"
//
// Each segment between the host and the module path is a fault,
//
//	NAME[=ARG][xCOUNT][~RATE][@KIND…]
//
// and faults apply left to right: the leftmost is nearest to the client. A
// fault that ends the answer hides those right of it until its COUNT is used
// up, so /503x2/cutx1 is twice 503, then a cut body, then good.
//
//	xCOUNT  fires on the first COUNT answers of each file only
//	~RATE   fires on a share of answers, 0 to 1, picked by hash of seed, fault,
//	        file and number of the answer: runs repeat
//	@KIND   fires on these files only: zip, mod, info, list, latest, other;
//	        sumdb for all of the checksum database or one of supported, lookup,
//	        tile, tree; several kinds are @zip@mod
//
// Two marks differ from what one would write first, because of URLs: a share
// is 0.5 and not 50%, and a rate begins with ~ and not %.
//
// Faults that end the answer:
//
//	404 503 …      that status, any of 400 to 599; 401 asks for Basic credentials
//	hang           no header, until the client gives up
//	eof            closes the connection without an answer, also of HTTP/2
//	reset[=AT]     RST (HTTP/2: RST_STREAM) before the header, or AT in the body
//	cut[=AT]       ends the body AT bytes or share, half by default; on HTTP/1.1
//	               by closing the connection, on HTTP/2 by RST_STREAM
//	stall[=AT]     sends as much and then nothing
//	slowheader     sends a header that never ends (HTTP/2: hang)
//	html           200 with an HTML page
//	login          302 to an HTML page
//	redirect[=HOW] 302 of zips to StorageURL, where the faults right of it apply;
//	               HOW once: each link works once, then 403; loop; insecure: http
//	nosumdb        404 for the checksum database
//	auth=USER:PW   401 without these Basic credentials
//	busy=N         429 while more than N answers of the base are open
//
// Faults of content:
//
//	wrong          a valid zip or go.mod with another hash
//	badzip         a zip that is none, of the right length
//	badjson        .info and @latest that are not JSON
//	wrongversion   .info and @latest of version v9.9.9
//	truncated[=AT] a part of the file as if it were all
//	emptybody      200 without a byte
//
// Faults of form and time:
//
//	delay=40ms     waits before the rest
//	slow=20KB      so many bytes of the body in a second
//	slowloris[=D]  a byte of the body every 100 ms or D
//	after=V        Retry-After of statuses right of it: seconds, any text, or a
//	               duration with unit that is written as a date
//	text=V         body of statuses right of it, _ for space
//	etag=V noetag weaketag nodate norange badrange
//	               validators and Range: badrange answers 206 from byte 0
//	nolength       no Content-Length; put it left of cut and its like
//	goaway         the connection ends after the answer (HTTP/2: GOAWAY)
//	seed=V         seed of the rates right of it, "1" by default
//
// A fault that is not in this list is answered with 500 and fails the test.
// Sizes are bytes (1000, 20KB, 3MB) or a share with a point (0.8).
//
// The package has no opinion on clients and imports nothing of this module.
package proxytest
