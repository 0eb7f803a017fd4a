//! Checks the `Host` of a request. Without a token, a web page could otherwise read the reports through the browser of
//! someone who can reach the server: the page's own name is made to resolve to the server's address (DNS rebinding).

use std::{fs, net::IpAddr};

use axum::{
    extract::Request,
    http::{Version, header},
};

/// The name of this host; `None` if it has none.
pub(crate) fn own_host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// What is wrong with the host of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostProblem {
    Invalid,
    /// Not a name by which the server is known.
    Unknown,
}

/// What is wrong with the host of a request. `hosts`: names by which the server is known; `is_open`: whether the request needs
/// no token.
pub(crate) fn host_problem(hosts: &[String], is_open: bool, request: &Request) -> Option<HostProblem> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok().and_then(host_name),
        // HTTP/1.0 has no Host, and browsers do not use it.
        (None, _) if request.version() < Version::HTTP_11 => return None,
        _ => None,
    };
    let Some(host) = host else { return Some(HostProblem::Invalid) };
    let authority = request.uri().authority().map(axum::http::uri::Authority::host);
    let is_known = [Some(host), authority].into_iter().flatten().all(|host| is_known(hosts, host));
    (is_open && !is_known).then_some(HostProblem::Unknown)
}

/// The name or address in `name:port`; `None` if it is not valid.
fn host_name(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address, port),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |name: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
        !name.is_empty() && name.bytes().all(is_allowed)
    };
    (is_name(name) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))).then_some(name)
}

fn is_known(hosts: &[String], host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    let is_named = |name: &str| name.trim_end_matches('.').eq_ignore_ascii_case(host);
    host.parse::<IpAddr>().is_ok() || is_named("localhost") || hosts.iter().any(|name| is_named(name))
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn ports_are_not_part_of_the_name() {
        for (host, name) in [
            ("vigie.example.com", Some("vigie.example.com")),
            ("127.0.0.1:8787", Some("127.0.0.1")),
            ("[::1]:8787", Some("::1")),
            ("[::1]", Some("::1")),
            ("", None),
            (":80", None),
            ("a b", None),
            ("a:b", None),
            ("evil/localhost", None),
            ("user@localhost", None),
        ] {
            assert_eq!(host_name(host), name, "{host}");
        }
    }
}
