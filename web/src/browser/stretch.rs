//! The key of a passphrase, made beside the page: it takes a second, and the page goes on.

use effigy_core::passphrase::{Cost, PassphraseError, SALT, Stretched, prepared};
use effigy_worker::{Job, Passphrase};
use futures_channel::oneshot;
use js_sys::{JsString, Uint8Array};

use super::workers;

/// Makes the key of a passphrase. Where there are no workers the page does it, and stands still.
///
/// # Errors
/// When there is not enough memory, or the passphrase is longer than any may be.
pub(crate) async fn stretch(
    passphrase: &str,
    salt: &[u8; SALT],
    cost: Cost,
) -> Result<Stretched, PassphraseError> {
    let compose = |text: &str| String::from(JsString::from(text).normalize("NFC"));
    let passphrase = prepared(passphrase, compose);
    let passphrase = Passphrase::new(passphrase.as_bytes(), salt, cost);
    let (tell, told) = oneshot::channel();
    workers::pool().ask(Job::Stretch(passphrase.clone()), move |answer| {
        // Who no longer waits is not told.
        tell.send(answer.map(|buffer| Uint8Array::new(&buffer))).unwrap_or_default();
    });
    let answer = told.await.ok().flatten();
    let made = match &answer {
        Some(bytes) => Passphrase::key(&zeroize::Zeroizing::new(bytes.to_vec())),
        None => passphrase.stretch(),
    };
    if let Some(bytes) = answer {
        bytes.fill(0, 0, bytes.length());
    }
    passphrase.wipe();
    made
}
