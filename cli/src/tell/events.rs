//! Events for programs: a JSON object a line.

use std::{
    fs::File,
    io::{self, LineWriter, Write},
    path::Path,
};

use serde::Serialize;

/// Tells a run's events as JSON lines.
pub(crate) struct JsonEvents {
    out: Box<dyn Write + Send>,
    /// The first thing that went wrong with writing: a run is not stopped for it.
    broken: Option<io::Error>,
}

impl JsonEvents {
    /// To a file, or to standard error for `-`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let out: Box<dyn Write + Send> = if path.as_os_str() == "-" {
            Box::new(io::stderr())
        } else {
            Box::new(LineWriter::new(File::create(path)?))
        };
        Ok(Self { out, broken: None })
    }

    /// Tells one.
    pub(crate) fn tell(&mut self, event: &impl Serialize) {
        if self.broken.is_none()
            && let Err(error) = self.write(event)
        {
            self.broken = Some(error);
        }
    }

    fn write(&mut self, event: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, event)?;
        writeln!(self.out)
    }

    /// What went wrong with writing, if anything did.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match self.broken {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }
}
