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
mod venv;

use std::{
    io::{self, BufRead, BufReader, Write},
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
    match SERVER.get_or_init(Moto::start) {
        Ok(moto) => Some(moto),
        Err(missing) => {
            #[expect(clippy::disallowed_methods, reason = "a test's own switch, not the product's")]
            let required = std::env::var("CLOUDUP_REQUIRE_MOTO").is_ok_and(|value| value == "1");
            assert!(!required, "CLOUDUP_REQUIRE_MOTO=1, but {missing}");
            let test = thread::current().name().unwrap_or("a test").to_owned();
            // Not with a macro, whose output the harness keeps to itself when a test passes.
            let word =
                format!("SKIPPED {test} (CLOUDUP_REQUIRE_MOTO=1 fails instead): {missing}\n");
            io::stderr().write_all(word.as_bytes()).ok();
            None
        }
    }
}

impl Moto {
    fn start() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto");
        let python = venv::python(&folder.join("requirements.txt"))?;
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
