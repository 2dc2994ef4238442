//! How people name a store.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder: a path, with or without `file://` before it.
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes at its ends; may be empty.
        prefix: String,
    },
    /// `gs://BUCKET/PREFIX`, a bucket of Google's.
    Google {
        /// The bucket.
        bucket: String,
        /// As for S3.
        prefix: String,
    },
    /// `memory://`: gone with the process.
    Memory,
}

/// A text that names no store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no state store: {problem}")]
pub struct UnknownLocation {
    text: String,
    problem: String,
}

impl FromStr for Location {
    type Err = UnknownLocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |problem: &str| {
            Err(UnknownLocation { text: text.to_owned(), problem: problem.to_owned() })
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() {
                refused("it is empty")
            } else {
                Ok(Self::Folder(text.into()))
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, prefix) = (bucket.to_owned(), prefix.trim_matches('/').to_owned());
        match scheme {
            "s3" | "gs" if bucket.is_empty() => refused("it has no bucket"),
            "s3" | "gs" if prefix.split('/').any(|part| matches!(part, "." | "..")) => {
                refused("there are no folders `.` and `..` in a bucket")
            }
            "s3" => Ok(Self::S3 { bucket, prefix }),
            "gs" => Ok(Self::Google { bucket, prefix }),
            "file" if rest.is_empty() => refused("it has no path"),
            "file" => Ok(Self::Folder(rest.into())),
            "memory" | "memfs" => Ok(Self::Memory),
            _ => refused("write s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, or a folder's path"),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, bucket, prefix) = match self {
            Self::Folder(path) => return write!(f, "{}", path.display()),
            Self::Memory => return f.write_str("memory://"),
            Self::S3 { bucket, prefix } => ("s3", bucket, prefix),
            Self::Google { bucket, prefix } => ("gs", bucket, prefix),
        };
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "{scheme}://{bucket}{slash}{prefix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_named_as_kops_names_them() {
        for (text, read, shown) in [
            ("s3://state", "S3 { bucket: \"state\", prefix: \"\" }", "s3://state"),
            ("s3://state/", "S3 { bucket: \"state\", prefix: \"\" }", "s3://state"),
            ("s3://state/a/b//", "S3 { bucket: \"state\", prefix: \"a/b\" }", "s3://state/a/b"),
            ("gs://state/a", "Google { bucket: \"state\", prefix: \"a\" }", "gs://state/a"),
            ("file:///srv/state", "Folder(\"/srv/state\")", "/srv/state"),
            ("./state", "Folder(\"./state\")", "./state"),
            ("memory://", "Memory", "memory://"),
            ("memfs://tests", "Memory", "memory://"),
        ] {
            let location: Location = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(format!("{location:?}"), read);
            assert_eq!(location.to_string(), shown);
        }
    }

    #[test]
    fn what_names_no_store_is_refused() {
        for text in ["", "s3://", "gs:///a", "file://", "swift://a", "s3://a/../b"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
