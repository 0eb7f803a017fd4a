//! Addresses of servers: parsing, removal of user information, and percent-encoding.

use std::{fmt, net::IpAddr};

use ureq::http::Uri;

use crate::{
    error::{MlflowError, Result},
    secret::Secret,
};

/// The address of a server, without user information, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    scheme: &'static str,
    /// `host`, `host:port` or `[::1]:port`, in lower case.
    authority: String,
    /// Empty, or `/prefix`.
    prefix: String,
}

/// User name and password of a URL.
pub(crate) type UserInfo = (String, Secret);

impl ServerUrl {
    /// Parses an address. `place`: where it is set, for errors. The second value is its user information, decoded.
    pub(crate) fn parse(text: &str, place: &str) -> Result<(Self, Option<UserInfo>)> {
        let text = text.trim();
        let wrong = |why: &str| {
            MlflowError::setup(format!("{place} {why}; write the address of an MLflow server, as http://host:5000"))
        };
        // Addresses of databases contain passwords, so nothing but the scheme is quoted.
        let (scheme, rest) = text.split_once("://").ok_or_else(|| match text.split_once(':') {
            Some((host, rest)) if is_word(host) && is_port(rest) => {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                MlflowError::setup(format!("{place} has no http:// or https:// in front; write http://{host}:{port}"))
            }
            Some((scheme, _)) if is_word(scheme) => wrong(&format!("is a `{scheme}:` address")),
            None if text == "databricks" => wrong("is `databricks`, whose own login is not supported"),
            _ => wrong("is not an http or https address"),
        })?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            other if is_word(other) => return Err(wrong(&format!("is a `{other}:` address"))),
            _ => return Err(wrong("is not an http or https address")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        // A client would take the rest of the password for a path, and print it.
        if path.contains('@') {
            return Err(wrong(
                "has an @ after the first /, ? or #; in a user name, password or token, write these as %2F, %3F and %23 \
                 (or use username, password_file and token_file, or MLFLOW_TRACKING_USERNAME, _PASSWORD and _TOKEN)",
            ));
        }
        if path.contains(['?', '#']) {
            return Err(wrong("has a query or a fragment"));
        }
        let prefix = path.trim_end_matches('/');
        let is_valid = !host.is_empty()
            && prefix.bytes().all(|byte| byte.is_ascii_graphic())
            && format!("{scheme}://{host}{prefix}").parse::<Uri>().is_ok_and(|uri| {
                // `Uri` accepts `host:` and ports that no connection can have.
                uri.host().is_some_and(|host| !host.is_empty())
                    && (uri.port_u16().is_some() || !host.rsplit(']').next().unwrap_or(host).contains(':'))
            });
        if !is_valid {
            return Err(wrong("is not a valid address"));
        }
        let user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (percent_decoded(name), Secret::new(percent_decoded(password)))
        });
        Ok((Self { scheme, authority: host.to_ascii_lowercase(), prefix: prefix.to_owned() }, user))
    }

    /// The address followed by a path, which begins with a slash and is encoded already.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// Whether a text is `host` or `host:port`, and nothing else.
    pub(crate) fn is_authority(text: &str) -> bool {
        let parsed = Self::parse(&format!("http://{text}"), "");
        parsed.is_ok_and(|(url, user)| {
            user.is_none() && url.authority == text.to_ascii_lowercase() && url.prefix.is_empty()
        })
    }

    /// The same scheme and another host, without prefix.
    pub(crate) fn with_authority(&self, authority: &str) -> Result<Self> {
        let place = "the artefact's host";
        Ok(Self::parse(&format!("{}://{authority}", self.scheme), place)?.0)
    }

    /// `host` or `host:port`, in lower case.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether the server runs on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a text begins with a port, which a path may follow.
fn is_port(text: &str) -> bool {
    let port = text.split('/').next().unwrap_or_default();
    !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 30
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Scheme and host of any URL, for messages; paths and queries may contain signatures.
pub(crate) fn origin_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "another path of the same server".to_owned() };
    // A password may contain an unescaped slash, so everything before the last @ is left out.
    let rest = rest.rsplit('@').next().unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}").chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Encodes a value of a query or one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoded(text, "-._~")
}

/// Encodes a path whose segments are separated by slashes.
pub(crate) fn encoded_path(path: &str) -> String {
    percent_encoded(path, "-._~/")
}

fn percent_encoded(text: &str, plain: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(format!("%{byte:02X}").chars());
        }
        encoded
    })
}

/// Decodes percent-encoding; what is not valid stays as it is.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(ServerUrl, Option<UserInfo>)> {
        ServerUrl::parse(text, "MLFLOW_TRACKING_URI")
    }

    #[test]
    fn user_information_is_taken_out_of_the_address() {
        let (url, user) = parse("HTTPS://ri%40sk:p%3Ass%20w@Host.Example:8443/mlflow/").unwrap();
        assert_eq!(url.to_string(), "https://host.example:8443/mlflow");
        assert_eq!(url.join("/version"), "https://host.example:8443/mlflow/version");
        let (name, password) = user.unwrap();
        assert_eq!((name.as_str(), password.reveal()), ("ri@sk", "p:ss w"));
        assert!(parse("http://[::1]:5000").unwrap().0.is_local());
        assert!(parse("http://localhost:5000").unwrap().0.is_local());
        assert!(!parse("http://localhost.example").unwrap().0.is_local());
    }

    #[test]
    fn other_addresses_are_refused_without_quoting_passwords() {
        for (text, part) in [
            ("postgresql://u:hunter2@db/mlflow", "`postgresql:`"),
            ("sqlite:///mlflow.db", "`sqlite:`"),
            ("file:/data/mlruns", "`file:`"),
            ("databricks", "databricks"),
            ("./mlruns", "not an http"),
            ("http://u:hunter2@:5000", "not a valid"),
            ("http://", "not a valid"),
            ("http://host:port", "not a valid"),
            ("http://host:70000", "not a valid"),
            ("http://a b", "not a valid"),
            ("http://host/?token=hunter2", "query"),
            ("https://user:1234/hunter2@host", "%2F"),
            ("https://hunt/er2@host:5000/path", "%2F"),
            ("https://user:1?hunter2@host", "%3F"),
            ("https://user:1#hunter2@host", "%23"),
            ("https://host/path@hunter2", "%2F"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("http://host:5000"), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_missing_scheme_is_named() {
        for text in ["127.0.0.1:5731", "127.0.0.1:5731/prefix"] {
            let error = parse(text).unwrap_err().to_string();
            let sentence = "MLFLOW_TRACKING_URI has no http:// or https:// in front; write http://127.0.0.1:5731";
            assert_eq!(error, sentence);
        }
        assert!(!parse("user:12345x").unwrap_err().to_string().contains("12345"));
    }

    #[test]
    fn hosts_are_distinguished_from_addresses() {
        for host in ["h", "H.example:5500", "127.0.0.1:1", "[::1]:5"] {
            assert!(ServerUrl::is_authority(host), "{host}");
        }
        for other in ["", "http://evil", "h/", "h/x", "u@h", "u:p@h", "h:", "h:x", "h:70000", "h?x", "a b", " h", "h "]
        {
            assert!(!ServerUrl::is_authority(other), "{other}");
        }
    }

    #[test]
    fn encoding_and_decoding_are_inverse() {
        for text in ["a b/ü%20[x]", "100%", "%zz%4", "a%"] {
            assert_eq!(percent_decoded(&encoded(text)), text);
        }
        assert_eq!(encoded("a/b c"), "a%2Fb%20c");
        assert_eq!(encoded_path("a/b c"), "a/b%20c");
        assert_eq!(percent_decoded("%zz%4"), "%zz%4");
        assert_eq!(origin_of("https://u:p@s3.example/bucket?X-Sig=1"), "https://s3.example");
    }
}
