//! The certificates of one start: an authority of its own, and a leaf for this machine's names.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::Duration;

use crate::clock::machine_time;

/// A leaf that the authority signed.
pub(super) struct Certificate {
    pub(super) ca_pem: String,
    leaf: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    /// A certificate for localhost, the loopback addresses and `ip`, valid by the machine's clock.
    pub(super) fn new(ip: IpAddr) -> Result<Self, rcgen::Error> {
        let now = machine_time();
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name = named("lockstep twin authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        (ca.not_before, ca.not_after) = (now - Duration::DAY, now + AUTHORITY);
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let names = ["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
        let own = Some(ip).filter(|ip| !ip.is_loopback() && !ip.is_unspecified()).map(|ip| ip.to_string());
        let mut leaf = CertificateParams::new(names.into_iter().chain(own).collect::<Vec<_>>())?;
        leaf.distinguished_name = named("lockstep twin");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python's strict verification wants it.
        leaf.use_authority_key_identifier_extension = true;
        (leaf.not_before, leaf.not_after) = (now - Duration::DAY, now + LEAF);
        let key = KeyPair::generate()?;
        let leaf = leaf.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self { ca_pem, leaf: leaf.der().clone(), key })
    }

    /// TLS 1.2 and 1.3 with this certificate, HTTP/1.1.
    pub(super) fn config(&self) -> Result<ServerConfig, rustls::Error> {
        let provider = std::sync::Arc::new(aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = builder.with_single_cert(vec![self.leaf.clone()], self.key.clone_key())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

const AUTHORITY: Duration = Duration::days(3650);
/// As long as browsers and platforms take a leaf for.
const LEAF: Duration = Duration::days(397);
