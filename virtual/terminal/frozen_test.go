package terminal

import (
	"net"
	"testing"
	"testing/synctest"
)

// The other side gives a link up that is silent. A terminal whose cable is cut does not hear that.
func TestAFrozenLinkDoesNotHearItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := &link{conn: ours, in: ours, writes: make(chan []byte, 1), done: make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			l.read(func([]byte) bool { return true })
		}()
		l.freeze()
		if err := theirs.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case <-ended:
			t.Error("the link ended by itself")
		default:
		}
		l.close()
		<-ended
	})
}
