//! A vault: sealing secrets with a key that JavaScript cannot read.
//!
//! The browser makes an AES-256-GCM key, keeps it in a database of its own, and lends it by
//! reference: whoever runs script in the page can use it while the page is open, but cannot carry
//! it away, and whoever copies the other database finds sealed bytes.

use std::error::Error as StdError;
use std::fmt;

use effigy_store::StoreError;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, IdbDatabase, SubtleCrypto};

pub use crate::failure::Exception;

use crate::failure::{Failure, foreign};
use crate::open::{Missing, Upgrade, factory, open, settled};
use crate::write::{begin, end};

/// The name of the database in which the app keeps its vault.
pub const VAULT: &str = "effigy-vault";

/// The only version of the vault's database.
const VERSION: u32 = 1;
/// The object store of the key, and the key of the key.
const STORE: &str = "vault";
const KEY: &str = "key";

const ALGORITHM: &str = "AES-GCM";
/// Bits of the key.
const KEY_BITS: u32 = 256;
/// Bytes of the random start value in front of what is sealed.
const START: usize = 12;
/// Bytes by which AES-GCM makes a text longer.
const TAG: usize = 16;

/// Seals secrets and opens them again, on this installation only.
#[derive(Clone, Debug)]
pub struct Vault {
    crypto: Crypto,
    key: CryptoKey,
    is_new: bool,
}

impl Vault {
    /// Opens the vault of that name, with a new key when there is none. Two tabs that open it at
    /// once get the same key.
    ///
    /// # Errors
    /// [`VaultError::Unavailable`] when the page has no cryptography, because it was not loaded
    /// over HTTPS; [`VaultError::Store`] when the key cannot be kept.
    pub async fn open(name: &str) -> Result<Self, VaultError> {
        let crypto = crypto()?;
        let (database, _) = open(&factory()?, name, VERSION, create, Missing::Create).await?;
        let outcome = Self::with(crypto, &database).await;
        database.close();
        outcome
    }

    /// Whether there was no key, so that nothing which was sealed before can be opened.
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Seals a secret. The result is 28 bytes longer, and different every time.
    ///
    /// # Errors
    /// [`VaultError::Failed`] when the browser does.
    pub async fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        let start = Uint8Array::new_with_length(START as u32);
        self.crypto.get_random_values_with_js_u8_array(&start)?;
        let secret = Uint8Array::from(secret);
        let sealing = self.crypto.subtle().encrypt_with_object_and_js_u8_array(
            &algorithm(&start)?,
            &self.key,
            &secret,
        );
        let sealed = JsFuture::from(sealing?).await;
        secret.fill(0, 0, secret.length());
        let mut bytes = start.to_vec();
        bytes.extend(Uint8Array::new(&sealed?).to_vec());
        Ok(bytes)
    }

    /// Opens what [`Vault::seal`] sealed.
    ///
    /// # Errors
    /// [`VaultError::Refused`] when it was altered, or sealed with another key.
    pub async fn open_sealed(&self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if sealed.len() < START + TAG {
            return Err(VaultError::Refused);
        }
        let (start, text) = sealed.split_at(START);
        let opening = self.crypto.subtle().decrypt_with_object_and_js_u8_array(
            &algorithm(&Uint8Array::from(start))?,
            &self.key,
            &Uint8Array::from(text),
        );
        match JsFuture::from(opening?).await {
            Ok(secret) => {
                let secret = Uint8Array::new(&secret);
                let bytes = secret.to_vec();
                secret.fill(0, 0, secret.length());
                Ok(bytes)
            }
            Err(thrown) => Err(match Exception::new(&thrown) {
                exception if exception.name == "OperationError" => VaultError::Refused,
                exception => VaultError::Failed(exception),
            }),
        }
    }

    #[cfg(test)]
    pub(crate) const fn key(&self) -> &CryptoKey {
        &self.key
    }

    #[cfg(test)]
    pub(crate) const fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    /// Finds the key, or makes one and keeps it.
    async fn with(crypto: Crypto, database: &IdbDatabase) -> Result<Self, VaultError> {
        if let Some(key) = keep(database, None).await? {
            return Ok(Self { crypto, key, is_new: false });
        }
        let made = generate(&crypto.subtle()).await?;
        let found = keep(database, Some(&made)).await?;
        let is_new = found.is_none();
        Ok(Self { crypto, key: found.unwrap_or(made), is_new })
    }
}

/// The key that is kept; when there is none, keeps the given one, in the same transaction.
async fn keep(
    database: &IdbDatabase,
    key: Option<&CryptoKey>,
) -> Result<Option<CryptoKey>, VaultError> {
    let refused = |failure| match failure {
        Failure::Closed => StoreError::Closed,
        Failure::Store(error) => error,
    };
    let stores = Array::of1(&STORE.into());
    let transaction = begin(database, &stores, "strict").map_err(refused)?;
    let ended: Promise = end(&transaction);
    let store = transaction.object_store(STORE)?;
    let found = settled(&store.get(&KEY.into())?).await.map_err(Exception::while_reading)?;
    if found.is_undefined()
        && let Some(key) = key
    {
        store.put_with_key(key, &KEY.into())?;
    }
    if JsFuture::from(ended).await.is_err() {
        let error = transaction.error().map_or(JsValue::UNDEFINED, Into::into);
        return Err(Exception::new(&error).while_writing().into());
    }
    if found.is_undefined() {
        return Ok(None);
    }
    let found = found.dyn_into().map_err(|_| foreign("the vault's key is no key"))?;
    Ok(Some(found))
}

/// Makes a key that can be used and kept, but not read.
async fn generate(subtle: &SubtleCrypto) -> Result<CryptoKey, VaultError> {
    let algorithm = named_algorithm()?;
    Reflect::set(&algorithm, &"length".into(), &KEY_BITS.into())?;
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    let making = subtle.generate_key_with_object(&algorithm, false, &uses)?;
    Ok(JsFuture::from(making).await?.dyn_into()?)
}

fn algorithm(start: &Uint8Array) -> Result<Object, JsValue> {
    let algorithm = named_algorithm()?;
    Reflect::set(&algorithm, &"iv".into(), start)?;
    Ok(algorithm)
}

fn named_algorithm() -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &ALGORITHM.into())?;
    Ok(algorithm)
}

/// The cryptography of this page or worker; a page without HTTPS has none.
fn crypto() -> Result<Crypto, VaultError> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok();
    let crypto = crypto.and_then(|crypto| crypto.dyn_into::<Crypto>().ok());
    let crypto = crypto.ok_or(VaultError::Unavailable)?;
    match Reflect::get(&crypto, &"subtle".into()) {
        Ok(subtle) if subtle.is_instance_of::<SubtleCrypto>() => Ok(crypto),
        _ => Err(VaultError::Unavailable),
    }
}

fn create(upgrade: &Upgrade<'_>) -> Result<(), JsValue> {
    upgrade.database.create_object_store(STORE).map(|_| ())
}

/// Why a vault refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultError {
    /// The browser failed in a way this has no word for.
    Failed(Exception),
    /// What was to be opened was altered, or sealed with another key.
    Refused,
    /// The key could not be kept or found.
    Store(StoreError),
    /// The page has no cryptography: it was not loaded over HTTPS.
    Unavailable,
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(_) => f.write_str("the browser's cryptography failed"),
            Self::Refused => f.write_str("this was altered, or sealed with another key"),
            Self::Store(_) => f.write_str("the key of the vault could not be kept or found"),
            Self::Unavailable => f.write_str("this page has no cryptography; it needs HTTPS"),
        }
    }
}

impl StdError for VaultError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Failed(exception) => Some(exception),
            Self::Store(error) => Some(error),
            Self::Refused | Self::Unavailable => None,
        }
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<JsValue> for VaultError {
    fn from(thrown: JsValue) -> Self {
        Self::Failed(Exception::new(&thrown))
    }
}
