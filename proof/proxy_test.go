package proof

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A proxy stands between portals and one of their servers. It forwards what both send until a fault injector is set, and
// what it does then it does to the connections that are open as well as to later ones.
type proxy struct {
	addr string

	mu       sync.Mutex
	network  string // of the server it leads to
	to       string
	injector faultInjector
	lateness time.Duration // how long a late piece is on its way
	changed  chan struct{} // closed when another injector is set
	links    map[*link]struct{}

	listener net.Listener
	reserved int // the socket that has the address while nothing listens
}

// A faultInjector decides what happens to one piece of a conversation. It may change the piece.
type faultInjector func(l *link, fromPortal bool, piece []byte) verdict

type verdict int

const (
	pass      verdict = iota
	hold              // until another injector decides otherwise
	late              // pass, after a while
	cut               // drop it, and the connection with it
	halfClose         // drop it, and end this direction: the other goes on
)

// lateness is how long a late piece is on its way, unless its proxy says otherwise.
const lateness = 50 * time.Millisecond

// link is one connection through the proxy.
type link struct {
	portal, server net.Conn
	marked         atomic.Bool // set by injectors to recognise the connection later
}

func (l *link) cut() {
	for _, conn := range []net.Conn{l.portal, l.server} {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not a goodbye
		}
		_ = conn.Close()
	}
}

// newProxy leads to a server by its network and address, until the test is over.
func newProxy(t testing.TB, network, to string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: listener.Addr().String(), network: network, to: to, lateness: lateness, changed: make(chan struct{}), links: map[*link]struct{}{}}
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.inject(cutEverything)
	})
	p.accept(listener)
	return p
}

func (p *proxy) accept(listener net.Listener) {
	p.listener = listener
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.lead(conn)
		}
	}()
}

// refuse behaves like a machine on which no server runs: new connections are refused and existing ones are reset. A socket
// that does not listen keeps the address reserved meanwhile.
func (p *proxy) refuse(t testing.TB) {
	t.Helper()
	at, err := netip.ParseAddrPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.listener.Close()
	p.reserved = reserve(t, at)
	p.inject(cutEverything) // for a connection that was being made
	p.cutAll()
	if conn, err := net.Dial("tcp", p.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			_ = conn.Close()
		}
		t.Fatalf("got %v, want a refused connection", err)
	}
}

// admit accepts connections again, at the same address.
func (p *proxy) admit(t testing.TB) {
	t.Helper()
	p.inject(nil)
	if err := syscall.Listen(p.reserved, 128); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(p.reserved), p.addr)
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	p.accept(listener)
}

// reserve returns a socket that has the address and takes no connections.
func reserve(t testing.TB, at netip.AddrPort) int {
	t.Helper()
	syscall.ForkLock.RLock() // so that no process which is started now inherits it
	defer syscall.ForkLock.RUnlock()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(socket)
	err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(socket, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

// lead connects to the server and passes on both ways.
func (p *proxy) lead(portal net.Conn) {
	p.mu.Lock()
	network, to := p.network, p.to
	p.mu.Unlock()
	server, err := net.Dial(network, to)
	if err != nil {
		_ = portal.Close()
		return
	}
	l := &link{portal: portal, server: server}
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pass(l, true, portal, server) })
	both.Go(func() { p.pass(l, false, server, portal) })
	both.Wait()
	l.cut()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// pass forwards one direction. When the sender closes it, the receiver's side is closed too and may still answer.
func (p *proxy) pass(l *link, fromPortal bool, from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			switch p.judge(l, fromPortal, buffer[:n]) {
			case cut:
				l.cut()
				return
			case halfClose:
				err = net.ErrClosed
			case late:
				<-time.After(p.lateness)
				_, err = to.Write(buffer[:n])
			default:
				_, err = to.Write(buffer[:n])
			}
		}
		if err != nil {
			if half, ok := to.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
			return
		}
	}
}

// judge asks the injector; a held piece is judged again when another injector is set.
func (p *proxy) judge(l *link, fromPortal bool, piece []byte) verdict {
	for {
		p.mu.Lock()
		injector, changed := p.injector, p.changed
		p.mu.Unlock()
		if injector == nil {
			return pass
		}
		if v := injector(l, fromPortal, piece); v != hold {
			return v
		}
		<-changed
	}
}

// inject sets the fault injector, nil for none.
func (p *proxy) inject(m faultInjector) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.injector = m
	close(p.changed)
	p.changed = make(chan struct{})
}

// cutAll ends the connections there are, as a server does that restarts.
func (p *proxy) cutAll() { p.cutThose(func(*link) bool { return true }) }

// cutMarked ends the connections that an injector has marked.
func (p *proxy) cutMarked() { p.cutThose(func(l *link) bool { return l.marked.Load() }) }

func (p *proxy) cutThose(which func(*link) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if which(l) {
			l.cut()
		}
	}
}

// open counts the connections there are.
func (p *proxy) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// leadTo leads later connections elsewhere. Those there are stay where they are.
func (p *proxy) leadTo(network, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.network, p.to = network, to
}
