//! Seals of certificates: a JSON Web Token signed with a key of the issuer (EdDSA over Ed25519).
//!
//! It is a seal of integrity: it shows that the text is the issuer's and unchanged. It is not a legal signature; that takes a
//! certificate of a licensed authority. Another algorithm is another arm of [`Algorithm`] and of the two factories below.
//!
//! Source: RFC 7515 (JWS), RFC 7519 (JWT), RFC 8037 (EdDSA in JOSE), RFC 8410 (Ed25519 keys in PKCS#8).

use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::{Algorithm as Jwa, DecodingKey, EncodingKey, Header, Validation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use valuation::fault::{Fault, Place};

use crate::whole::sha256;

/// Algorithms that can seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
pub enum Algorithm {
    #[default]
    #[serde(rename = "EdDSA")]
    #[value(name = "eddsa")]
    EdDsa,
}

impl Algorithm {
    fn jose(self) -> Jwa {
        match self {
            Algorithm::EdDsa => Jwa::EdDSA,
        }
    }
}

/// Why a certificate was refused.
#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("{} holds no Ed25519 key in PEM", file.display())]
    Key { file: PathBuf },
    #[error("the certificate is not sealed with the key {key}")]
    Foreign { key: String },
    #[error("the certificate expired on {expired}")]
    Expired { expired: String },
    #[error("not a certificate: {said}")]
    Malformed { said: String },
}

impl Fault for CertificateError {
    fn code(&self) -> &'static str {
        match self {
            CertificateError::Key { .. } => "certificate_key",
            CertificateError::Foreign { .. } => "certificate_foreign",
            CertificateError::Expired { .. } => "certificate_expired",
            CertificateError::Malformed { .. } => "certificate_malformed",
        }
    }

    fn place(&self) -> Place {
        let (file, field) = match self {
            CertificateError::Key { file } => (Some(file.display().to_string()), None),
            CertificateError::Foreign { .. } => (None, Some("signature")),
            CertificateError::Expired { .. } => (None, Some("exp")),
            CertificateError::Malformed { .. } => (None, Some("jwt")),
        };
        Place { file, line: None, field: field.map(str::to_owned) }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            CertificateError::Key { file } => vec![("file", file.display().to_string())],
            CertificateError::Foreign { key } => vec![("key", key.clone())],
            CertificateError::Expired { expired } => vec![("expired", expired.clone())],
            CertificateError::Malformed { said } => vec![("said", said.clone())],
        }
    }
}

/// A new key pair from the system's randomness: private and public key in PEM.
///
/// # Errors
/// A system without randomness.
pub fn new_key() -> Result<(String, String), String> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|cause| cause.to_string())?;
    let key = SigningKey::from_bytes(&secret);
    // Without the public key in it (PKCS#8 version 1): other programs cannot read the later version.
    let bare = KeypairBytes { secret_key: secret, public_key: None };
    let private = bare.to_pkcs8_pem(LineEnding::LF).map_err(|cause| cause.to_string())?.to_string();
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(|cause| cause.to_string())?;
    Ok((private, public))
}

/// The name of a public key: the first half of its SHA-256.
fn name(key: &VerifyingKey) -> String {
    sha256(key.as_bytes())[..32].to_owned()
}

/// Seals `claims` with the private key in `pem`, which stands in `file`.
///
/// # Errors
/// [`CertificateError::Key`]; [`CertificateError::Malformed`] where the claims cannot be written.
pub fn seal(claims: &impl Serialize, pem: &str, file: &Path, algorithm: Algorithm) -> Result<String, CertificateError> {
    install();
    let broken = || CertificateError::Key { file: file.to_owned() };
    let key = SigningKey::from_pkcs8_pem(pem).map_err(|_| broken())?;
    let der = key.to_pkcs8_der().map_err(|_| broken())?;
    let mut header = Header::new(algorithm.jose());
    header.kid = Some(name(&key.verifying_key()));
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes()))
        .map_err(|cause| CertificateError::Malformed { said: cause.to_string() })
}

/// The claims of a certificate sealed with the public key in `pem`; times are the caller's to judge.
///
/// # Errors
/// [`CertificateError::Foreign`] where the seal is another key's or the text was changed; [`CertificateError::Malformed`].
pub fn open<T: for<'de> Deserialize<'de> + Clone>(jwt: &str, pem: &str, file: &Path) -> Result<T, CertificateError> {
    install();
    let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| CertificateError::Key { file: file.to_owned() })?;
    let mut validation = Validation::new(Jwa::EdDSA);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let opened = jsonwebtoken::decode::<T>(jwt.trim(), &DecodingKey::from_ed_der(key.as_bytes()), &validation);
    opened.map(|data| data.claims).map_err(|cause| match cause.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => CertificateError::Foreign { key: name(&key) },
        _ => CertificateError::Malformed { said: cause.to_string() },
    })
}

/// The cryptography of the token library: Ed25519 and nothing else.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Jwa::EdDSA => Ok(Box::new(EdSigner(SigningKey::from_pkcs8_der(key.as_bytes()).map_err(|_| invalid())?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Jwa::EdDSA => Ok(Box::new(EdVerifier(verifying(key)?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn invalid() -> jsonwebtoken::errors::Error {
    ErrorKind::InvalidKeyFormat.into()
}

fn verifying(key: &DecodingKey) -> JwtResult<VerifyingKey> {
    let bytes = <&[u8; 32]>::try_from(key.try_get_as_bytes()?).map_err(|_| invalid())?;
    VerifyingKey::from_bytes(bytes).map_err(|_| invalid())
}

/// Makes the library use [`PROVIDER`]; the second call finds it there.
fn install() {
    let _ = PROVIDER.install_default();
}

struct EdSigner(SigningKey);

impl Signer<Vec<u8>> for EdSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

impl JwtSigner for EdSigner {
    fn algorithm(&self) -> Jwa {
        Jwa::EdDSA
    }
}

struct EdVerifier(VerifyingKey);

impl Verifier<Vec<u8>> for EdVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), ed25519_dalek::SignatureError> {
        self.0.verify_strict(message, &Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for EdVerifier {
    fn algorithm(&self) -> Jwa {
        Jwa::EdDSA
    }
}
