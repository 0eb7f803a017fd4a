//! Certificates: which may sign the server's, and the client's own.

use std::{fs, io, path::Path, sync::Arc};

use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::{
    error::{MlflowError, Result},
    settings::MlflowSettings,
};

/// Certificates for the MLflow server.
pub(crate) fn server_tls(settings: &MlflowSettings) -> Result<TlsConfig> {
    if settings.insecure_tls && settings.ca_file.is_some() {
        return Err(MlflowError::setup(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are both set; MLflow allows only one",
        ));
    }
    let roots = match &settings.ca_file {
        Some(file) => RootCerts::from(file_roots(file)?),
        None => system_roots(),
    };
    let client = settings.client_certificate.as_deref().map(client_certificate).transpose()?;
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).disable_verification(settings.insecure_tls).build())
}

/// Certificates for storage that the server refers to: always verified, and no client certificate is shown.
pub(crate) fn storage_tls(settings: &MlflowSettings) -> Result<TlsConfig> {
    let mut roots = system_certificates();
    if let Some(file) = &settings.ca_file {
        roots.extend(file_roots(file)?);
    }
    let roots = if roots.is_empty() { RootCerts::WebPki } else { RootCerts::from(roots) };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn system_certificates() -> Vec<Certificate<'static>> {
    let system = rustls_native_certs::load_native_certs().certs;
    system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}

/// Falls back to Mozilla's roots on machines without the ca-certificates package.
fn system_roots() -> RootCerts {
    let roots = system_certificates();
    if roots.is_empty() { RootCerts::WebPki } else { RootCerts::from(roots) }
}

/// The certificates of a PEM file, or of all files in a folder.
fn file_roots(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let cannot = |why: &str| {
        MlflowError::setup(format!("MLFLOW_TRACKING_SERVER_CERT_PATH (or the CA file): {}: {why}", path.display()))
    };
    let read = || -> io::Result<Vec<Vec<u8>>> {
        if !path.is_dir() {
            return Ok(vec![fs::read(path)?]);
        }
        let mut files: Vec<_> =
            fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?.iter().map(fs::DirEntry::path).collect();
        files.sort();
        files.iter().filter(|file| file.is_file()).map(fs::read).collect()
    };
    let files = read().map_err(|error| cannot(&error.to_string()))?;
    let roots: Vec<_> = files
        .iter()
        .flat_map(|pem| parse_pem(pem))
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if roots.is_empty() { Err(cannot("there is no PEM certificate in it")) } else { Ok(roots) }
}

/// Reads certificate chain and key, and checks that they belong together, because `ureq` panics if they do not.
fn client_certificate(file: &Path) -> Result<ClientCert> {
    let cannot = |why: &str| {
        let file = file.display();
        MlflowError::setup(format!(
            "MLFLOW_TRACKING_CLIENT_CERT_PATH: {file}: {why}; the file must contain the certificate and its unencrypted \
             private key in PEM format"
        ))
    };
    let pem = fs::read(file).map_err(|error| cannot(&error.to_string()))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| cannot("there is no private key in it"))?;
    if chain.is_empty() {
        return Err(cannot("there is no certificate in it"));
    }
    rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_root_certificates(RootCertStore::empty()).with_client_auth_cert(chain.clone(), key)
        })
        .map_err(|error| cannot(&format!("certificate and key cannot be used ({error})")))?;
    let chain: Vec<_> = chain.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let key = PrivateKey::from_pem(&pem).map_err(|_| cannot("there is no private key in it"))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_files_are_errors_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.pem");
        fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let settings = |ca: Option<&Path>, client: Option<&Path>| MlflowSettings {
            ca_file: ca.map(Path::to_owned),
            client_certificate: client.map(Path::to_owned),
            ..MlflowSettings::default()
        };
        assert!(server_tls(&settings(Some(&file), None)).is_ok());
        assert!(server_tls(&settings(Some(folder.path()), None)).is_ok());
        for (ca, client, part) in [
            (Some(folder.path().join("absent")), None, "absent"),
            (None, Some(file.clone()), "no private key"),
            (None, Some(folder.path().join("absent")), "absent"),
        ] {
            let error = server_tls(&settings(ca.as_deref(), client.as_deref())).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        let both = MlflowSettings { insecure_tls: true, ..settings(Some(&file), None) };
        assert!(server_tls(&both).unwrap_err().to_string().contains("only one"));
        fs::write(&file, "nothing").unwrap();
        assert!(storage_tls(&settings(Some(&file), None)).unwrap_err().to_string().contains("no PEM certificate"));
    }
}
