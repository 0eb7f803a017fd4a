//! The settings of a connection: given by the caller, or read from the environment as MLflow's own clients do.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    error::{MlflowError, Result},
    secret::Secret,
    server_url::{ServerUrl, UserInfo, origin_of},
};

/// Time limits, retries and size limits of every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Time to connect, including TLS. Default: 10 s.
    pub connect: Duration,
    /// Time for one attempt of a call with a small reply, and for the beginning of the reply of a transfer. Default: 30 s.
    pub reply: Duration,
    /// Time for one attempt to transfer a file. Default: 10 min.
    pub transfer: Duration,
    /// Attempts of a call that may be repeated. Default: 4.
    pub attempts: u32,
    /// Pause before the first repetition; it doubles with each one, up to 10 s. Default: 250 ms.
    pub pause: Duration,
    /// Bytes of a JSON reply. Default: 16 MiB, about 100,000 metrics.
    pub reply_bytes: u64,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            reply: Duration::from_secs(30),
            transfer: Duration::from_mins(10),
            attempts: 4,
            pause: Duration::from_millis(250),
            reply_bytes: 16 << 20,
        }
    }
}

/// Where the server is, who we are, and which certificates count. Fields left empty are read from the environment by
/// [`MlflowSettings::or_env`].
#[derive(Clone, Default)]
pub struct MlflowSettings {
    /// Address of the tracking server, `http://host:5000`; may contain `user:password@`.
    pub tracking_uri: Option<String>,
    /// Address of the registry; the tracking server if absent.
    pub registry_uri: Option<String>,
    /// User name for basic authentication.
    pub username: Option<String>,
    /// Password for basic authentication.
    pub password: Option<Secret>,
    /// A file that contains only the password.
    pub password_file: Option<PathBuf>,
    /// Bearer token; ignored if there are user name and password.
    pub token: Option<Secret>,
    /// A file that contains only the token.
    pub token_file: Option<PathBuf>,
    /// PEM file, or folder of PEM files, with the certificates that may sign the server's, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate chain and private key.
    pub client_certificate: Option<PathBuf>,
    /// Accept any certificate. Anyone on the path to the server can then read the credentials.
    pub insecure_tls: bool,
    /// Workspace of a server that has workspaces (MLflow 3).
    pub workspace: Option<String>,
    /// Hosts (`host:port`) of separate artefact servers that get the credentials, too. Others get none.
    pub artifact_hosts: Vec<String>,
    /// Time, retry and size limits.
    pub limits: CallLimits,
}

impl fmt::Debug for MlflowSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |uri: &Option<String>| uri.as_deref().map(origin_of);
        f.debug_struct("MlflowSettings")
            .field("tracking_uri", &shown(&self.tracking_uri))
            .field("registry_uri", &shown(&self.registry_uri))
            .field("username", &self.username)
            .field("password", &self.password)
            .field("password_file", &self.password_file)
            .field("token", &self.token)
            .field("token_file", &self.token_file)
            .field("ca_file", &self.ca_file)
            .field("client_certificate", &self.client_certificate)
            .field("insecure_tls", &self.insecure_tls)
            .field("workspace", &self.workspace)
            .field("artifact_hosts", &self.artifact_hosts)
            .field("limits", &self.limits)
            .finish()
    }
}

/// How requests are authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    None,
    Basic { username: String, password: Secret },
    Bearer(Secret),
}

impl MlflowSettings {
    /// The settings of MLflow's own clients: environment variables, then `~/.mlflow/credentials`.
    ///
    /// # Errors
    ///
    /// A variable is not what MLflow accepts; the credentials file is unreadable.
    pub fn from_process_env() -> Result<Self> {
        Self::default().or_env(&|name| std::env::var(name).ok())
    }

    /// Fills in what is not set from environment variables, then from `~/.mlflow/credentials`. If a user name, password
    /// or token is set already, no credentials are read, so that those of two users are never mixed.
    ///
    /// | variable | field |
    /// |---|---|
    /// | `MLFLOW_TRACKING_URI`, `MLFLOW_REGISTRY_URI` | `tracking_uri`, `registry_uri` |
    /// | `MLFLOW_TRACKING_USERNAME`, `_PASSWORD`, `_TOKEN` | `username`, `password`, `token` |
    /// | `MLFLOW_TRACKING_SERVER_CERT_PATH` (else `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`) | `ca_file` |
    /// | `MLFLOW_TRACKING_CLIENT_CERT_PATH` | `client_certificate` |
    /// | `MLFLOW_TRACKING_INSECURE_TLS` | `insecure_tls` |
    /// | `MLFLOW_WORKSPACE` | `workspace` |
    /// | `MLFLOW_HTTP_REQUEST_TIMEOUT`, `MLFLOW_HTTP_REQUEST_MAX_RETRIES` | `limits` |
    ///
    /// # Errors
    ///
    /// A variable is not what MLflow accepts; the credentials file is unreadable.
    pub fn or_env(mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        // Empty variables count as unset, as for MLflow.
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let path = |name: &str| env(name).map(PathBuf::from);
        self.tracking_uri = self.tracking_uri.or_else(|| env("MLFLOW_TRACKING_URI"));
        self.registry_uri = self.registry_uri.or_else(|| env("MLFLOW_REGISTRY_URI"));
        let has_login = self.username.is_some()
            || self.password.is_some()
            || self.password_file.is_some()
            || self.token.is_some()
            || self.token_file.is_some();
        if !has_login {
            let file = match env("HOME") {
                Some(home) => credentials_file(&Path::new(&home).join(".mlflow/credentials"))?,
                None => (None, None),
            };
            self.username = env("MLFLOW_TRACKING_USERNAME").or(file.0);
            self.password = env("MLFLOW_TRACKING_PASSWORD").map(Secret::new).or(file.1);
            self.token = env("MLFLOW_TRACKING_TOKEN").map(Secret::new);
        }
        if let Some(value) = env("MLFLOW_TRACKING_INSECURE_TLS") {
            self.insecure_tls |= match value.to_ascii_lowercase().as_str() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return Err(MlflowError::setup("MLFLOW_TRACKING_INSECURE_TLS is neither true nor false")),
            };
        }
        if self.ca_file.is_none() {
            self.ca_file = path("MLFLOW_TRACKING_SERVER_CERT_PATH");
            if self.ca_file.is_none() && !self.insecure_tls {
                self.ca_file = path("REQUESTS_CA_BUNDLE").or_else(|| path("CURL_CA_BUNDLE"));
            }
        }
        self.client_certificate = self.client_certificate.or_else(|| path("MLFLOW_TRACKING_CLIENT_CERT_PATH"));
        self.workspace = self.workspace.or_else(|| env("MLFLOW_WORKSPACE").map(|name| name.trim().to_owned()));
        let number = |name: &str| -> Result<Option<u32>> {
            let wrong = |_| MlflowError::setup(format!("{name} is not a whole number"));
            env(name).map(|value| value.trim().parse::<u32>().map_err(wrong)).transpose()
        };
        let defaults = CallLimits::default();
        if let Some(seconds) = number("MLFLOW_HTTP_REQUEST_TIMEOUT")?
            && self.limits.reply == defaults.reply
        {
            self.limits.reply = Duration::from_secs(u64::from(seconds.max(1)));
        }
        if let Some(retries) = number("MLFLOW_HTTP_REQUEST_MAX_RETRIES")?
            && self.limits.attempts == defaults.attempts
        {
            self.limits.attempts = retries.min(10) + 1;
        }
        Ok(self)
    }

    /// Why an address of a server cannot be used; `None` if it can. Nothing is sent, and nothing of the address is quoted.
    #[must_use]
    pub fn address_problem(uri: &str) -> Option<String> {
        ServerUrl::parse(uri, "").err().map(|error| error.to_string().trim().to_owned())
    }

    /// Whether a text can be one of the [`artifact_hosts`](Self::artifact_hosts): `host` or `host:port`.
    #[must_use]
    pub fn is_artifact_host(text: &str) -> bool {
        ServerUrl::is_authority(text)
    }

    /// The server at an address, and the credentials for it. `place`: where the address is set.
    pub(crate) fn server(&self, uri: &str, place: &str) -> Result<(ServerUrl, Credentials)> {
        let (url, user) = ServerUrl::parse(uri, place)?;
        Ok((url, self.credentials(user)?))
    }

    fn credentials(&self, in_url: Option<UserInfo>) -> Result<Credentials> {
        // As for MLflow's clients, user information in the address has precedence.
        if let Some((username, password)) = in_url {
            return Ok(Credentials::Basic { username, password });
        }
        let read = |value: &Option<Secret>, file: &Option<PathBuf>| match (value, file) {
            (None, Some(file)) => Secret::from_file(file).map(Some),
            (value, _) => Ok(value.clone()),
        };
        let password = read(&self.password, &self.password_file)?;
        let token = read(&self.token, &self.token_file)?;
        match (&self.username, password, token) {
            (Some(username), _, _) if username.contains(':') => {
                Err(MlflowError::setup("the MLflow user name contains a colon, which basic authentication cannot send"))
            }
            (Some(username), Some(password), _) => Ok(Credentials::Basic { username: username.clone(), password }),
            (_, _, Some(token)) => Ok(Credentials::Bearer(token)),
            (None, None, None) => Ok(Credentials::None),
            (Some(_), None, None) => Err(MlflowError::setup(
                "the MLflow user name has no password; set MLFLOW_TRACKING_PASSWORD or a password file",
            )),
            (None, Some(_), None) => Err(MlflowError::setup(
                "the MLflow password has no user name; set MLFLOW_TRACKING_USERNAME or a user name",
            )),
        }
    }
}

/// User name and password of the `[mlflow]` section of an INI file; both absent if there is no such file.
fn credentials_file(file: &Path) -> Result<(Option<String>, Option<Secret>)> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, None)),
        Err(error) => {
            let file = file.display();
            return Err(MlflowError::setup(format!(
                "{file}: {error}; make the credentials readable, or remove the file"
            )));
        }
    };
    let (mut username, mut password) = (None, None);
    let mut is_in_section = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_in_section = section == "mlflow";
        } else if let Some((key, value)) = line.split_once(['=', ':']).filter(|_| is_in_section) {
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                _ if value.is_empty() => {}
                "mlflow_tracking_username" => username = Some(value.to_owned()),
                // Python's parser reads `%%` as one percent sign.
                "mlflow_tracking_password" => password = Some(Secret::new(value.replace("%%", "%"))),
                _ => {}
            }
        }
    }
    Ok((username, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_env(settings: MlflowSettings, variables: &[(&str, &str)]) -> Result<MlflowSettings> {
        settings.or_env(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn credentials(variables: &[(&str, &str)]) -> Result<Credentials> {
        with_env(MlflowSettings::default(), variables)?.credentials(None)
    }

    #[test]
    fn credentials_have_the_precedence_of_mlflows_clients() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".mlflow")).unwrap();
        fs::write(
            home.path().join(".mlflow/credentials"),
            "[other]\nmlflow_tracking_username = x\n\n[mlflow]\n# the robot\nmlflow_tracking_username = robot\n\
             MLFLOW_TRACKING_PASSWORD: from%%file\n",
        )
        .unwrap();
        let home = ("HOME", home.path().to_str().unwrap());
        let basic = |username: &str, password: &str| Credentials::Basic {
            username: username.to_owned(),
            password: Secret::new(password),
        };
        assert_eq!(credentials(&[]).unwrap(), Credentials::None);
        assert_eq!(credentials(&[home]).unwrap(), basic("robot", "from%file"));
        let user = ("MLFLOW_TRACKING_USERNAME", "me");
        let password = ("MLFLOW_TRACKING_PASSWORD", "p");
        let token = ("MLFLOW_TRACKING_TOKEN", "t");
        assert_eq!(credentials(&[home, user]).unwrap(), basic("me", "from%file"));
        assert_eq!(credentials(&[user, password, token]).unwrap(), basic("me", "p"));
        assert_eq!(
            credentials(&[user, ("MLFLOW_TRACKING_PASSWORD", ""), token]).unwrap(),
            Credentials::Bearer(Secret::new("t"))
        );
        assert!(credentials(&[user]).unwrap_err().to_string().contains("MLFLOW_TRACKING_PASSWORD"));
        assert!(credentials(&[password]).unwrap_err().to_string().contains("MLFLOW_TRACKING_USERNAME"));

        // What the caller gives is not mixed with the environment.
        let given = MlflowSettings { token: Some(Secret::new("given")), ..MlflowSettings::default() };
        let given = with_env(given, &[home, user, password]).unwrap();
        assert_eq!(given.credentials(None).unwrap(), Credentials::Bearer(Secret::new("given")));
        // User information in the address has precedence.
        assert_eq!(given.server("http://a:b@h", "x").unwrap().1, basic("a", "b"));
    }

    #[test]
    fn other_variables_are_read_and_checked() {
        let read = |variables: &[(&str, &str)]| with_env(MlflowSettings::default(), variables);
        let settings = read(&[
            ("MLFLOW_TRACKING_URI", "https://u:hunter2@h/p?x"),
            ("MLFLOW_TRACKING_INSECURE_TLS", "True"),
            ("REQUESTS_CA_BUNDLE", "/not/used"),
            ("MLFLOW_HTTP_REQUEST_TIMEOUT", "7"),
            ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0"),
            ("MLFLOW_TRACKING_PASSWORD", "hunter2"),
            ("MLFLOW_TRACKING_USERNAME", "me"),
        ])
        .unwrap();
        assert!(settings.insecure_tls && settings.ca_file.is_none());
        assert_eq!((settings.limits.reply, settings.limits.attempts), (Duration::from_secs(7), 1));
        let shown = format!("{settings:?}");
        assert!(shown.contains("https://h") && !shown.contains("hunter2"), "{shown}");
        let ca = read(&[("REQUESTS_CA_BUNDLE", "/b"), ("MLFLOW_TRACKING_SERVER_CERT_PATH", "/a")]).unwrap();
        assert_eq!(ca.ca_file.as_deref(), Some(Path::new("/a")));
        assert!(read(&[("MLFLOW_TRACKING_INSECURE_TLS", "maybe")]).is_err());
        assert!(read(&[("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")]).unwrap_err().to_string().contains("whole number"));
    }
}
