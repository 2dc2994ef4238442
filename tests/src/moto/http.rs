//! As much of HTTP as it takes to talk to the server next door.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Sends a request to `127.0.0.1` and returns status and body of the answer.
///
/// # Panics
///
/// Where there is no answer in time, or not in HTTP.
pub(super) fn send(
    port: u16,
    request: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (headers, length) = (headers.concat(), body.len());
    let request = format!(
        "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let mut answer = String::new();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout can be set");
    stream.write_all(request.as_bytes()).expect("the server takes requests");
    stream.read_to_string(&mut answer).expect("the server answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("an answer has a status"), body.to_owned())
}

/// A form, percent-encoded.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let field = |(name, value): &(&str, &str)| format!("{name}={}", encode(value));
    let fields: Vec<_> = fields.iter().map(field).collect();
    fields.join("&")
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}
