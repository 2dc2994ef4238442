//! Pages in a browser: Chromium, driven by Playwright, with axe for what not everybody could use.
//!
//! The checks are Python, in `tests/browser/`, one file for one sort of page; its environment is
//! made once per target directory, as moto's is. Screenshots are kept below the target directory.
//! Where Chromium or Python is missing, tests are left out with a word on standard error; with
//! `CLOUDUP_REQUIRE_BROWSER=1` they fail instead.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use crate::{skip, venv};

/// Where Chromium is looked for.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser, ready for checks.
#[derive(Debug)]
pub struct Browser {
    python: PathBuf,
    chromium: PathBuf,
    shots: PathBuf,
}

/// The browser of this machine; `None`, and a word about it, where there is none.
///
/// # Panics
///
/// Where there is none and `CLOUDUP_REQUIRE_BROWSER=1` says that there must be.
pub fn browser() -> Option<&'static Browser> {
    static BROWSER: OnceLock<Result<Browser, String>> = OnceLock::new();
    skip::unless_there(BROWSER.get_or_init(Browser::find), "CLOUDUP_REQUIRE_BROWSER")
}

impl Browser {
    fn find() -> Result<Self, String> {
        let chromium = CHROMIUM.iter().find_map(|name| on_path(name));
        let chromium = chromium.ok_or("there is no Chromium (the package chromium of Debian)")?;
        let python = venv::python("browser", &folder().join("requirements.txt"))?;
        Ok(Self { python, chromium, shots: venv::target_dir()?.join("screenshots") })
    }

    /// Has `tests/browser/NAME.py` look at the pages in a folder.
    ///
    /// # Panics
    ///
    /// Where it finds fault with them, with what it said.
    pub fn check(&self, name: &str, pages: &Path) {
        let output = Command::new(&self.python)
            .arg("-B")
            .arg(folder().join(format!("{name}.py")))
            .args([&self.chromium, pages, &self.shots])
            .output()
            .expect("Python starts");
        let Output { status, stdout, stderr } = output;
        let said = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{name}.py: {status}\n{said}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser")
}

/// A program, where the environment's path leads to one.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
