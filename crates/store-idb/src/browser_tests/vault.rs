//! Secrets that are sealed, and a key that cannot be carried away.

use js_sys::Reflect;
use rexie::Rexie;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::keys::{Vault, VaultError};

async fn fresh(name: &str) -> Vault {
    Rexie::delete(name).await.unwrap();
    let vault = Vault::open(name).await.unwrap();
    assert!(vault.is_new());
    vault
}

#[wasm_bindgen_test]
async fn what_is_sealed_is_opened_now_and_after_a_restart() {
    let vault = fresh("vault_restart").await;
    for secret in [&b""[..], b"twelve words", &[7; 10_000]] {
        let sealed = vault.seal(secret).await.unwrap();
        assert_eq!(sealed.len(), secret.len() + 28);
        assert_eq!(vault.open_sealed(&sealed).await.unwrap(), secret);
        let later = Vault::open("vault_restart").await.unwrap();
        assert!(!later.is_new());
        assert_eq!(later.open_sealed(&sealed).await.unwrap(), secret);
    }
    let (one, other) = (vault.seal(b"same").await.unwrap(), vault.seal(b"same").await.unwrap());
    assert_ne!(one, other);
}

#[wasm_bindgen_test]
async fn what_was_altered_is_refused() {
    let vault = fresh("vault_altered").await;
    let sealed = vault.seal(b"secret").await.unwrap();
    for place in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[place] ^= 1;
        let outcome = vault.open_sealed(&altered).await;
        assert!(matches!(outcome, Err(VaultError::Refused)), "byte {place}: {outcome:?}");
        let outcome = vault.open_sealed(&sealed[..place]).await;
        assert!(matches!(outcome, Err(VaultError::Refused)), "{place} bytes: {outcome:?}");
    }
}

#[wasm_bindgen_test]
async fn another_vault_cannot_open_it() {
    let (one, other) = (fresh("vault_one").await, fresh("vault_other").await);
    let sealed = one.seal(b"secret").await.unwrap();
    assert!(matches!(other.open_sealed(&sealed).await, Err(VaultError::Refused)));
    // A vault that was lost and made anew has another key as well.
    let anew = fresh("vault_one").await;
    assert!(matches!(anew.open_sealed(&sealed).await, Err(VaultError::Refused)));
}

#[wasm_bindgen_test]
async fn the_key_cannot_be_exported() {
    let vault = fresh("vault_export").await;
    for vault in [vault, Vault::open("vault_export").await.unwrap()] {
        assert!(!vault.key().extractable());
        let subtle = vault.crypto().subtle();
        for format in ["raw", "jwk"] {
            let exported = JsFuture::from(subtle.export_key(format, vault.key()).unwrap()).await;
            let name = Reflect::get(&exported.unwrap_err(), &"name".into()).unwrap();
            assert_eq!(name.as_string().as_deref(), Some("InvalidAccessError"), "{format}");
        }
    }
}

#[wasm_bindgen_test]
async fn two_tabs_that_start_at_once_get_one_key() {
    Rexie::delete("vault_race").await.unwrap();
    let open = || async { Vault::open("vault_race").await.unwrap() };
    let (one, other) = super::both(open(), open()).await;
    let sealed = one.seal(b"secret").await.unwrap();
    assert_eq!(other.open_sealed(&sealed).await.unwrap(), b"secret");
    assert!(one.is_new() != other.is_new(), "exactly one of them made the key");
}
