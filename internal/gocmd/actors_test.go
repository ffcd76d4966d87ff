package gocmd

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	roleVar    = "GOCMD_TEST_ROLE"
	witnessVar = "GOCMD_TEST_WITNESS"

	// patience is how long a test waits for what must come.
	patience = 30 * time.Second
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	os.Exit(m.Run())
}

// play is what the test binary does as a child. "exit N" ends with that code,
// "raise N" with that signal, "A + B" starts a grandchild as A, waits for a word
// of the witness and goes on as B. The others live until the witness hangs up:
//
//	stubborn  ignores interrupts
//	polite    tells the first signal, and ends with code 9
//	tidy      tells the first signal, and ends with code 9 at the next word
//	plain     leaves signals alone
//
// "shell" runs "read" on its own input, which ends well if it reads hello.
// "print TEXT" prints that and ends well.
func play(role string) int {
	if first, then, ok := strings.Cut(role, " + "); ok {
		return parent(first, then)
	}
	verb, arg, _ := strings.Cut(role, " ")
	n, _ := strconv.Atoi(arg)
	signals := make(chan os.Signal, 1)
	switch verb {
	case "exit":
		return n
	case "raise":
		return raise(n)
	case "print":
		fmt.Print(arg)
		return 0
	case "shell":
		return playShell()
	case "read":
		return playRead()
	case "stubborn":
		signal.Ignore(os.Interrupt)
	case "polite", "tidy":
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	}
	return live(role, signals)
}

func parent(first, then string) int {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), roleVar+"="+first)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return complain(err)
	}
	conn, err := testify("parent")
	if err != nil {
		return complain(err)
	}
	if !bufio.NewScanner(conn).Scan() {
		return 1
	}
	return play(then)
}

func live(role string, signals <-chan os.Signal) int {
	conn, err := testify(role)
	if err != nil {
		return complain(err)
	}
	words := make(chan string)
	go func() {
		defer close(words)
		for s := bufio.NewScanner(conn); s.Scan(); {
			words <- s.Text()
		}
	}()
	signalled := false
	for {
		select {
		case word, ok := <-words:
			if !ok || signalled {
				return 9
			}
			fmt.Fprintf(conn, "echo %s\n", word)
		case sig := <-signals:
			fmt.Fprintf(conn, "%s\n", sig)
			signalled = true
			if role == "polite" {
				return 9
			}
		}
	}
}

// playShell runs a command that shares the input of this process.
func playShell() int {
	code, err := Run(context.Background(), Command{
		Path:   os.Args[0],
		Env:    append(os.Environ(), roleVar+"=read"),
		Stdin:  os.Stdin,
		Stderr: os.Stderr,
	})
	if err != nil {
		return complain(err)
	}
	return code
}

func playRead() int {
	s := bufio.NewScanner(os.Stdin)
	if !s.Scan() || s.Text() != "hello" {
		return complain(fmt.Errorf("read %q, %v", s.Text(), s.Err()))
	}
	return 0
}

func testify(role string) (net.Conn, error) {
	conn, err := net.Dial("tcp", os.Getenv(witnessVar))
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "%s\n", role)
	return conn, err
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// A witness is where the processes of a test report: a connection lives exactly
// as long as its process, on every system and whoever waits for that process.
type witness struct {
	t      *testing.T
	ln     net.Listener
	actors map[string]*actor
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	return &witness{t: t, ln: ln, actors: map[string]*actor{}}
}

// command is the test binary in a role.
func (w *witness) command(role string) Command {
	return Command{
		Path: testBinary(w.t),
		Env:  append(os.Environ(), roleVar+"="+role, witnessVar+"="+w.ln.Addr().String()),
	}
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// meet waits for a process in that role.
func (w *witness) meet(role string) *actor {
	w.t.Helper()
	for w.actors[role] == nil {
		conn, err := w.ln.Accept()
		if err != nil {
			w.t.Fatalf("no process came as %q: %v", role, err)
		}
		w.t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(patience))
		a := &actor{w.t, conn, bufio.NewScanner(conn)}
		if !a.words.Scan() {
			w.t.Fatal("a process came and said nothing")
		}
		w.actors[a.words.Text()] = a
	}
	return w.actors[role]
}

// An actor is a process seen by the witness.
type actor struct {
	t     *testing.T
	conn  net.Conn
	words *bufio.Scanner
}

func (a *actor) say(word string) {
	a.t.Helper()
	if _, err := fmt.Fprintf(a.conn, "%s\n", word); err != nil {
		a.t.Fatalf("say %q: %v", word, err)
	}
}

func (a *actor) hear(want string) {
	a.t.Helper()
	if !a.words.Scan() {
		a.t.Fatalf("heard the end (%v), want %q", a.words.Err(), want)
	}
	if got := a.words.Text(); got != want {
		a.t.Fatalf("heard %q, want %q", got, want)
	}
}

// gone fails the test if the process goes on living.
func (a *actor) gone() {
	a.t.Helper()
	for a.words.Scan() {
	}
	if err, ok := a.words.Err().(net.Error); ok && err.Timeout() {
		a.t.Fatal("process is still alive")
	}
}
