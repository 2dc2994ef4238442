//! An AWS endpoint for tests: moto, repaired, behind real sockets.
//!
//! [`server`] starts one for the test binary, from `tests/moto/`, in a Python environment that is
//! made once per target directory. Every test takes an [`Account`] of its own from it, so that
//! tests run side by side. Where Python or its packages are missing, tests are left out with a
//! word on standard error; with `CLOUDUP_REQUIRE_MOTO=1` they fail instead.
//!
//! ```no_run
//! let Some(moto) = cloudup_tests::moto::server() else { return };
//! let account = moto.account();
//! let mut cloudup = std::process::Command::new("cloudup");
//! account.enter(&mut cloudup).args(["update", "cluster", "--cloud", "aws"]);
//! assert_eq!(account.writes(), []);
//! ```

mod account;
mod http;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

pub use account::{Account, Call};

use crate::{skip, venv};

/// How long the server may take to listen, on a machine that is busy compiling.
const START: Duration = Duration::from_mins(1);

/// The server of this test binary. It ends with it: its standard input closes then.
#[derive(Debug)]
pub struct Moto {
    port: u16,
    accounts: AtomicU32,
    _server: Child,
}

/// The server, started by the first test that asks; `None`, and a word about it, where that is not
/// possible here.
///
/// # Panics
///
/// Where it is not possible and `CLOUDUP_REQUIRE_MOTO=1` says that it must be.
pub fn server() -> Option<&'static Moto> {
    static SERVER: OnceLock<Result<Moto, String>> = OnceLock::new();
    skip::unless_there(SERVER.get_or_init(Moto::start), "CLOUDUP_REQUIRE_MOTO")
}

impl Moto {
    fn start() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto");
        let python = venv::python("moto", &folder.join("requirements.txt"))?;
        let mut server = Command::new(python)
            .arg("-B")
            .arg(folder.join("serve.py"))
            .arg("--watch-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("moto does not start: {error}"))?;
        let stdout = server.stdout.take().expect("standard output is piped");
        let (ready, listening) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).ok();
            ready.send(line).ok();
        });
        let line = listening
            .recv_timeout(START)
            .map_err(|_| format!("moto was not ready after {START:?}"))?;
        let port = line.strip_prefix("READY ").and_then(|port| port.trim().parse().ok());
        let port = port.ok_or("moto ended before it was ready; standard error says why")?;
        Ok(Self { port, accounts: AtomicU32::new(0), _server: server })
    }

    /// An account that nobody else has, with nothing in it but the policies of AWS.
    ///
    /// # Panics
    ///
    /// Where the server does not answer.
    pub fn account(&self) -> Account {
        let nth = self.accounts.fetch_add(1, Ordering::Relaxed);
        Account::assume(self.port, &format!("{}", 210_000_000_000_u64 + u64::from(nth)))
    }
}
