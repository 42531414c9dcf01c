package database_test

import (
	"syscall"
	"testing"
)

// mountSmall makes the folder a disk of 4 MiB for as long as the test runs, or skips the test where that is not allowed.
func mountSmall(t *testing.T, folder string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
