package progress

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"
)

// A real terminal is recognised, and gets the line.
func TestRealTerminal(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	defer master.Close()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip("can't unlock the pseudo-terminal:", err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip("can't name the pseudo-terminal:", err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("can't open the pseudo-terminal:", err)
	}
	t.Setenv("TERM", "xterm")
	l := newLine(tty, time.Nanosecond, isTerminal(tty))
	time.Sleep(time.Millisecond)
	l.Update(1_000_000, 4_000_000)
	b := make([]byte, 4096)
	got, err := master.Read(b)
	assert.NoError(t, err)
	assert.Contains(t, string(b[:got]), "25%")
	l.Done()
	assert.NoError(t, tty.Close())
}
