//! The public key that instances are reached with.

use std::str::FromStr;

use md5::{Digest as _, Md5};

/// A public key: a line as OpenSSH writes it.
///
/// ```
/// use cloudup::ssh::PublicKey;
///
/// let key: PublicKey = "ssh-ed25519 \
///     AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@here".parse()?;
/// assert_eq!(key.pair_name("a.org"), format!("kubernetes.a.org-{}", key.fingerprint()));
/// assert!("-----BEGIN OPENSSH PRIVATE KEY-----".parse::<PublicKey>().is_err());
/// # Ok::<_, cloudup::ssh::NotAPublicKey>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    line: String,
    fingerprint: String,
}

/// A text that is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not an SSH public key")]
pub struct NotAPublicKey;

impl PublicKey {
    /// The line.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The MD5 fingerprint, in pairs of hexadecimal digits: what kOps tells keys apart by.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The name of a cluster's key pair with this key.
    pub fn pair_name(&self, cluster: &str) -> String {
        format!("kubernetes.{cluster}-{}", self.fingerprint)
    }
}

impl FromStr for PublicKey {
    type Err = NotAPublicKey;

    /// Reads a line of OpenSSH's public key format (RFC 4253, section 6.6): the kind, then in
    /// base64 a blob that begins with the kind again, after its length in four bytes.
    fn from_str(text: &str) -> Result<Self, NotAPublicKey> {
        let line = text.trim();
        let blob = blob(line).ok_or(NotAPublicKey)?;
        let pairs: Vec<_> = Md5::digest(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { line: line.to_owned(), fingerprint: pairs.join(":") })
    }
}

fn blob(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_whitespace();
    let (kind, blob) = (words.next()?, words.next()?);
    let blob = data_encoding::BASE64.decode(blob.as_bytes()).ok()?;
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let said_twice = rest.get(..length)? == kind.as_bytes();
    (said_twice && line.lines().count() == 1).then_some(blob)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_says_its_kind_twice() {
        let blob = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
        let table = [
            (format!("ssh-ed25519 {blob} somebody@somewhere"), true),
            (format!("ssh-ed25519 {blob}\n"), true),
            (format!("ssh-rsa {blob}"), false),
            (format!("ssh-ed25519 {blob}\nssh-ed25519 {blob}"), false),
            ("ssh-ed25519 AAAA".to_owned(), false),
            ("-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(), false),
            (String::new(), false),
        ];
        for (line, fits) in table {
            assert_eq!(line.parse::<PublicKey>().is_ok(), fits, "{line}");
        }
    }

    #[test]
    fn the_fingerprint_is_that_of_ssh_keygen() {
        // ssh-keygen -l -E md5
        let line = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCtWu40XQo8dczLsCq0OWV+hxm9uV3WxeH9Kgh4\
                    sMzQxNtoU1pvW0XdjpkBesRKGoolfWeCLXWxpyQb1IaiMkKoz7MdhQ/6UKjMjP66aFWWp3pwD0uj0\
                    HuJ7tq4gKHKRYGTaZIRWpzUiANBrjugVgA+Sd7E/mYwc/DMXkIyRZbvhQ==";
        let key: PublicKey = line.parse().unwrap();
        assert_eq!(key.fingerprint(), "c4:a6:ed:9a:a8:89:b9:e2:c3:9c:d6:63:eb:9c:71:57");
    }
}
