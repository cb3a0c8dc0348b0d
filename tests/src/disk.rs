//! Disks that are really full or really read-only: mounted in a namespace of the test's own, seen by nobody else.

use std::process::{Command, Output};

/// Runs a bash script that may mount, with its arguments as `$1`, `$2` and so on.
///
/// Two ways are tried: a user and mount namespace, which needs no privilege on most systems, and a mount namespace, which
/// needs root.
///
/// # Panics
/// Where neither is allowed. A test that needs a full disk and has none must not pass: run it as root with the capability
/// SYS_ADMIN, or allow unprivileged user namespaces.
pub fn with_mounts(script: &str, arguments: &[&str]) -> Output {
    let ways: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let can_mount = |way: &&&[&str]| {
        let probe = "d=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs $d && umount $d && rmdir $d";
        let tried = Command::new("unshare").args(**way).args(["bash", "-c", probe]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let way = ways.iter().find(can_mount).unwrap_or_else(|| {
        panic!(
            "This machine lets the tests mount nothing, neither in a user namespace nor as root, so the tests on full and \
             read-only disks cannot run. Allow one of: unprivileged user namespaces (sysctl \
             kernel.unprivileged_userns_clone=1), or root with the capability SYS_ADMIN."
        )
    });
    let mut command = Command::new("unshare");
    command.args(*way).args(["bash", "-euo", "pipefail", "-c", script, "bash"]).args(arguments);
    command.output().expect("unshare runs")
}
