//! libpq's TLS modes on rustls: who the server has to prove to be.

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

/// What opens TLS in this mode.
pub(super) fn connector(section: &str, mode: SslMode, roots: Option<&Path>) -> Result<MakeRustlsConnect> {
    let broken = |error: &dyn std::fmt::Display| Fault::setup(format!("TLS cannot be set up: {error}"));
    let provider = Arc::new(ring::default_provider());
    let believed = match mode {
        SslMode::Disable | SslMode::Prefer | SslMode::Require => None,
        SslMode::VerifyCa | SslMode::VerifyFull => Some(authorities(section, roots)?),
    };
    let verifier = Verifier {
        provider: provider.clone(),
        named: mode == SslMode::VerifyFull,
        trusted: believed
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
            "{section}.sslrootcert is missing, which sslmode verify-ca and verify-full need: name the PEM file of the \
             authority that signed the server's certificate (the system's are in /etc/ssl/certs/ca-certificates.crt)"
        )));
    };
    let wrong = |why: &dyn std::fmt::Display| {
        Fault::setup(format!("{section}.sslrootcert: {}: {why}; name a PEM file of certificates", file.display()))
    };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(&error))?;
    if certificates.is_empty() {
        return Err(wrong(&"it holds no certificate"));
    }
    Ok(certificates)
}

/// Certificates that are believed, and what follows chains to them.
#[derive(Debug)]
struct Trusted {
    certificates: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None`: any server is believed (`prefer` and `require` keep out listeners, not impostors).
    trusted: Option<Trusted>,
    /// Whether the certificate has to be made out to the host.
    named: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        // A server's own certificate in the file is believed as it is: many sign their own, which no chain leads to.
        if trusted.certificates.iter().any(|certificate| certificate.as_ref() == server.as_ref()) {
            if self.named {
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match trusted.chains.verify_server_cert(server, between, name, ocsp, now) {
            // The chain is looked at first: only the name is left to be wrong.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
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
