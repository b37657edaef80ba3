package proof

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// A test that is killed, or times out, stops nothing that it started. Linux ends a process with the thread that started
// it, so one thread starts them all and lives as long as the test does.
var tie = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go func() {
		runtime.LockOSThread() // for good: the goroutine never ends, and with it neither does the thread
		for start := range starts {
			start()
		}
	}()
	return starts
})

// startTied starts a process that does not outlive this one.
func startTied(cmd *exec.Cmd) (err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan struct{})
	tie() <- func() {
		err = cmd.Start()
		close(done)
	}
	<-done
	return err
}
