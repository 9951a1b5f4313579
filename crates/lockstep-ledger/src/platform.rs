//! What differs by operating system: who may read a file, and what a path lies on.
//!
//! Locks differ too, but the standard library hides that, but for one thing: on Windows a locked file cannot be read by
//! others, so the holder of a lease is not named there.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes a file that did not exist, and makes its name durable. On Unix only its owner may read and write it; elsewhere it
/// gets the rights of its folder.
pub fn create_private(path: &Path) -> io::Result<()> {
    let file = private(File::options().write(true).create_new(true)).open(path)?;
    file.sync_all()?;
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(())
}

/// Opens a file for reading and writing, and makes it as [`create_private`] does where there is none.
pub fn open_private(path: &Path) -> io::Result<File> {
    private(File::options().read(true).write(true).create(true).truncate(false)).open(path)
}

#[cfg(unix)]
fn private(options: &mut std::fs::OpenOptions) -> &std::fs::OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut std::fs::OpenOptions) -> &std::fs::OpenOptions {
    options
}

/// The folder that a path names its last part in.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The name of the network file system that `path`, absolute and without links, lies on; `None` where it is a local one.
///
/// On Linux the mount table says so, on Windows a path that names a server does. Elsewhere, and for a drive letter that
/// stands for a share, it cannot be told cheaply, and the answer is `None`.
pub fn network_file_system(path: &Path) -> Option<String> {
    #[cfg(target_os = "linux")]
    return network_mount(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, path);
    #[cfg(windows)]
    return match path.components().next()? {
        std::path::Component::Prefix(prefix) => match prefix.kind() {
            std::path::Prefix::UNC(..) | std::path::Prefix::VerbatimUNC(..) => Some("UNC path".to_owned()),
            _ => None,
        },
        _ => None,
    };
    #[cfg(not(any(target_os = "linux", windows)))]
    return {
        let _ = path;
        None
    };
}

/// Looks `path` up in the text of a mount table. Source: proc_pid_mountinfo(5), fields 5 and, after the dash, 1.
#[cfg(any(target_os = "linux", test))]
fn network_mount(table: &str, path: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (place, source) = line.split_once(" - ")?;
        let point = unescaped(place.split(' ').nth(4)?);
        let kind = source.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some((point.len(), kind))
    };
    // Of several mounts on one point, the last one covers the others.
    let (_, kind) = table.lines().filter_map(mount).max_by_key(|(length, _)| *length)?;
    NETWORK.contains(&kind.as_str()).then_some(kind)
}

/// Space, tab, newline and backslash stand as a backslash and three octal digits.
#[cfg(any(target_os = "linux", test))]
fn unescaped(point: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(point.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// File systems whose files lie on another machine. Source: the file system names of the Linux kernel and of the FUSE
/// programs; `9p` is also how WSL shows the drives of Windows, where locks do not hold either.
#[cfg(any(target_os = "linux", test))]
const NETWORK: &[&str] = &[
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.blobfuse",
    "fuse.blobfuse2",
    "fuse.ceph",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "gfs2",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_that_covers_a_path_says_what_it_lies_on() {
        let table = "\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /mnt rw - ext4 /dev/sdb1 rw
31 22 0:31 / /mnt/team\\040share rw,relatime shared:2 master:1 - nfs4 server:/export rw
32 22 0:32 / /home rw - cifs //server/home rw
33 22 0:33 / /home rw - xfs /dev/sdc1 rw
34 22 0:34 / /data rw - fuse.sshfs me@server: rw
";
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(network_mount(table, Path::new(path)).as_deref(), expected, "{path}");
        };
        check("/var/lib/ledger.db", None);
        check("/mnt/ledger.db", None);
        check("/mnt/team share/ledger.db", Some("nfs4"));
        check("/mnt/team shared/ledger.db", None);
        check("/home/me/ledger.db", None);
        check("/data/ledger.db", Some("fuse.sshfs"));
    }
}
