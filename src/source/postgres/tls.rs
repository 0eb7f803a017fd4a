//! Implements libpq's TLS modes with rustls: how the server is authenticated.

use std::{path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    fault::{Fault, Result},
    source::SslMode,
};

/// Returns the TLS connector for a mode.
pub(super) fn connector(section: &str, mode: SslMode, roots: Option<&Path>) -> Result<MakeRustlsConnect> {
    let broken = |error: &dyn std::fmt::Display| Fault::setup(format!("cannot set up TLS: {error}"));
    let provider = Arc::new(ring::default_provider());
    let trusted = match mode {
        SslMode::Disable | SslMode::Prefer | SslMode::Require => None,
        SslMode::VerifyCa | SslMode::VerifyFull => Some(authorities(section, roots)?),
    };
    let verifier = Verifier {
        provider: provider.clone(),
        checks_name: mode == SslMode::VerifyFull,
        trusted: trusted
            .map(|certificates| {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(certificates.iter().cloned());
                WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
                    .build()
                    .map(|chains| Trusted { certificates, chains })
            })
            .transpose()
            .map_err(|error| broken(&error))?,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(section: &str, file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>> {
    let Some(file) = file else {
        return Err(Fault::setup(format!(
            "{section}.sslrootcert is missing, but sslmode verify-ca and verify-full need it; set it to the PEM file of the \
             CA that signed the server's certificate (the system's CAs are in /etc/ssl/certs/ca-certificates.crt)"
        )));
    };
    let wrong = |why: &dyn std::fmt::Display| {
        Fault::setup(format!(
            "{section}.sslrootcert: {}: {why}; set it to a PEM file of CA certificates",
            file.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(&error))?;
    if certificates.is_empty() {
        return Err(wrong(&"it contains no certificate"));
    }
    Ok(certificates)
}

/// Trusted certificates, and a verifier of the chains that lead to them.
#[derive(Debug)]
struct Trusted {
    certificates: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None`: any server is trusted (`prefer` and `require` protect against eavesdropping, not impersonation).
    trusted: Option<Trusted>,
    /// Whether the certificate has to match the host name.
    checks_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        // A server certificate in the file is trusted as it is: self-signed ones have no chain.
        if trusted.certificates.iter().any(|certificate| certificate.as_ref() == server.as_ref()) {
            if self.checks_name {
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match trusted.chains.verify_server_cert(server, intermediates, name, ocsp, now) {
            // The chain is checked first, so only the name can be wrong here.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
