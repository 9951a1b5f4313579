//! What differs by operating system, and what is taken from the machine: its clock and standard input.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::SystemTime;

use lockstep_ledger::Hash;
use time::OffsetDateTime;

/// The hash of the program that runs; `None` where its file cannot be read.
pub fn program_hash() -> Option<Hash> {
    // On Linux this is the program that runs even where its file was replaced since.
    let running = Path::new("/proc/self/exe");
    let file = match File::open(running) {
        Ok(file) => file,
        Err(_) => File::open(std::env::current_exe().ok()?).ok()?,
    };
    Hash::of_all(file).ok()
}

/// Listens for somebody who asks the process to end: Ctrl-C, and what service managers and consoles send.
#[cfg(unix)]
pub struct End {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl End {
    /// Listens from now on. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The operating system does not let us.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns once somebody has asked.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Listens for somebody who asks the process to end: Ctrl-C, and what service managers and consoles send.
#[cfg(windows)]
pub struct End {
    interrupt: tokio::signal::windows::CtrlC,
    interrupt_hard: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl End {
    /// Listens from now on. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The operating system does not let us.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            interrupt_hard: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Returns once somebody has asked.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.interrupt_hard.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}

/// Writes a file that only its owner can read, where the operating system knows such a thing. Replaces a file that is
/// there; to what is no file, such as a pipe, it is written as it is.
///
/// # Errors
/// What the operating system says.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_file() || there.is_symlink() && path.is_file() => std::fs::remove_file(path)?,
        Ok(_) => return std::fs::write(path, text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // A file that somebody else makes in between is theirs to read, so it is not written to.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    options.open(path)?.write_all(text.as_bytes())
}

/// Standard input.
pub fn input() -> impl BufRead {
    io::stdin().lock()
}

/// Whether somebody sits at the terminal that standard input is.
pub fn is_attended() -> bool {
    io::IsTerminal::is_terminal(&io::stdin())
}

/// The machine's time, UTC. The engine and the twin have clocks of their own.
#[expect(clippy::disallowed_methods, reason = "the one place in the binary that reads the time")]
pub fn now() -> OffsetDateTime {
    SystemTime::now().into()
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn owner_only(_: &mut OpenOptions) {}
