//! A real MLflow server with TLS, client certificates and passwords, and a model that its user may only read.

use std::fs;

use super::mlflow_server::{MlflowServer, official};

/// The registered model, whose version 1 is `champion`.
pub(crate) const GUARDED: &str = "guarded";
pub(crate) const ADMIN: (&str, &str) = ("admin", "admin password 1");
/// Who may read all models, and has experiments of its own.
pub(crate) const USER: (&str, &str) = ("vigie", "user password 2");

pub(crate) struct GuardedServer {
    pub server: MlflowServer,
    /// PEM files: who signed the server's certificate, and the client's certificate with its key.
    pub ca: String,
    pub client: String,
}

impl GuardedServer {
    pub(crate) fn start(python: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        official(python, &["certificates", folder.path().to_str().unwrap()], &[]);
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (ca, client, users, config) = (at("ca.pem"), at("client.pem"), at("users.db"), at("auth.ini"));
        let tls = format!(
            "--ssl-keyfile {} --ssl-certfile {} --ssl-ca-certs {ca} --ssl-cert-reqs 2",
            at("server.key"),
            at("server.pem")
        );
        let text = format!(
            "[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{users}\nadmin_username = {}\n\
             authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
            ADMIN.0
        );
        fs::write(&config, text).unwrap();
        let environment = [
            ("MLFLOW_FLASK_SERVER_SECRET_KEY", "only for tests"),
            ("MLFLOW_AUTH_ADMIN_PASSWORD", ADMIN.1),
            ("MLFLOW_AUTH_CONFIG_PATH", config.as_str()),
        ];
        let arguments = ["--app-name", "basic-auth", "--uvicorn-opts", tls.as_str()];
        let server = MlflowServer::start_with(python, folder, &arguments, &environment, "https");
        let guarded = Self { server, ca, client };
        guarded.server.official(&["add_user", USER.0, USER.1], &guarded.environment(ADMIN)[1..]);
        guarded
    }

    /// The variables of a client of this server, the address first.
    pub(crate) fn environment<'a>(&'a self, user: (&'a str, &'a str)) -> [(&'static str, &'a str); 5] {
        [
            ("MLFLOW_TRACKING_URI", &self.server.url),
            ("MLFLOW_TRACKING_SERVER_CERT_PATH", &self.ca),
            ("MLFLOW_TRACKING_CLIENT_CERT_PATH", &self.client),
            ("MLFLOW_TRACKING_USERNAME", user.0),
            ("MLFLOW_TRACKING_PASSWORD", user.1),
        ]
    }
}
