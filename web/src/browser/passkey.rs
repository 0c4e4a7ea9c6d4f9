//! Passkeys that give the same secret for the same salt: WebAuthn with its PRF extension, called by
//! reflection, because `web-sys` knows it only behind an unstable flag.

use effigy_core::lock::PASSKEY_SALT;
use effigy_net_web::random;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

/// How long the person has, in milliseconds.
const PATIENCE: f64 = 120_000.0;
/// The signatures that a passkey may make, by their numbers in COSE. None is ever looked at.
const SIGNATURES: [f64; 3] = [-8.0, -7.0, -257.0];

/// Why a passkey gave no secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PasskeyFault {
    /// There are no passkeys for a page at this address, as where it is a bare number.
    Address,
    /// The person stopped it, or took too long; browsers do not say which.
    Cancelled,
    /// The browser failed in some other way.
    Failed,
    /// It gives no secrets.
    NoSecret,
}

/// A passkey that was made, and what it answered.
pub(crate) struct Made {
    /// What it answered for the salt.
    pub(crate) answer: Zeroizing<[u8; 32]>,
    /// The name of its credential.
    pub(crate) credential: Vec<u8>,
}

/// Whether this browser knows passkeys. Whether one gives secrets shows when it is made.
pub(crate) fn is_there() -> bool {
    get(&window(), "PublicKeyCredential").is_some() && credentials().is_some()
}

/// Makes a passkey, and asks it for the first time.
///
/// # Errors
/// When there is none.
pub(crate) async fn make(name: &str, salt: &[u8; PASSKEY_SALT]) -> Result<Made, PasskeyFault> {
    let name = JsValue::from_str(name);
    let user = object(&[("id", &chance()?), ("name", &name), ("displayName", &name)]);
    let kinds = Array::new();
    for signature in SIGNATURES {
        let kind = JsValue::from_str("public-key");
        kinds.push(&object(&[("type", &kind), ("alg", &JsValue::from_f64(signature))]));
    }
    let chosen = object(&[
        ("residentKey", &JsValue::from_str("preferred")),
        ("userVerification", &JsValue::from_str("required")),
    ]);
    let options = object(&[
        ("rp", &object(&[("name", &JsValue::from_str("Effigy"))])),
        ("user", &user),
        ("challenge", &chance()?),
        ("pubKeyCredParams", &kinds),
        ("authenticatorSelection", &chosen),
        ("timeout", &JsValue::from_f64(PATIENCE)),
        ("extensions", &asking(salt)),
    ]);
    let made = call("create", &options).await?;
    let credential = get(&made, "rawId").ok_or(PasskeyFault::Failed)?;
    let credential = Uint8Array::new(&credential).to_vec();
    let told = results(&made);
    if let Some(answer) = told.as_ref().and_then(first) {
        return Ok(Made { answer, credential });
    }
    let is_able = told.and_then(|told| get(&told, "enabled")).is_some_and(|able| able.is_truthy());
    if !is_able {
        return Err(PasskeyFault::NoSecret);
    }
    // Some answer only when they are asked again.
    let answer = ask(&credential, salt).await?;
    Ok(Made { answer, credential })
}

/// Asks a passkey what it answers for a salt.
///
/// # Errors
/// When it does not.
pub(crate) async fn ask(
    credential: &[u8],
    salt: &[u8; PASSKEY_SALT],
) -> Result<Zeroizing<[u8; 32]>, PasskeyFault> {
    let (kind, id) = (JsValue::from_str("public-key"), Uint8Array::from(credential));
    let allowed = object(&[("type", &kind), ("id", &id)]);
    let options = object(&[
        ("challenge", &chance()?),
        ("allowCredentials", &Array::of1(&allowed)),
        ("userVerification", &JsValue::from_str("required")),
        ("timeout", &JsValue::from_f64(PATIENCE)),
        ("extensions", &asking(salt)),
    ]);
    let asked = call("get", &options).await?;
    results(&asked).as_ref().and_then(first).ok_or(PasskeyFault::NoSecret)
}

fn chance() -> Result<JsValue, PasskeyFault> {
    let chance = random::<32>().map_err(|_| PasskeyFault::Failed)?;
    Ok(Uint8Array::from(chance.as_slice()).into())
}

fn asking(salt: &[u8; PASSKEY_SALT]) -> Object {
    let first = object(&[("first", &Uint8Array::from(salt.as_slice()))]);
    object(&[("prf", &object(&[("eval", &first)]))])
}

async fn call(name: &str, options: &Object) -> Result<JsValue, PasskeyFault> {
    let credentials = credentials().ok_or(PasskeyFault::Failed)?;
    let function = get(&credentials, name).and_then(|found| found.dyn_into::<Function>().ok());
    let options = object(&[("publicKey", options)]);
    let called = function.ok_or(PasskeyFault::Failed)?.call1(&credentials, &options);
    let promise = called.ok().and_then(|called| called.dyn_into::<Promise>().ok());
    match JsFuture::from(promise.ok_or(PasskeyFault::Failed)?).await {
        Ok(found) if found.is_object() => Ok(found),
        Ok(_) => Err(PasskeyFault::Cancelled),
        Err(thrown) => {
            let name = get(&thrown, "name").and_then(|name| name.as_string());
            Err(match name.as_deref() {
                Some("NotAllowedError" | "AbortError") => PasskeyFault::Cancelled,
                Some("NotSupportedError" | "ConstraintError") => PasskeyFault::NoSecret,
                Some("SecurityError") => PasskeyFault::Address,
                _ => PasskeyFault::Failed,
            })
        }
    }
}

/// What the PRF extension says.
fn results(credential: &JsValue) -> Option<JsValue> {
    let function: Function = get(credential, "getClientExtensionResults")?.dyn_into().ok()?;
    get(&function.call0(credential).ok()?, "prf")
}

/// The first secret among what it says.
fn first(told: &JsValue) -> Option<Zeroizing<[u8; 32]>> {
    let secret = Uint8Array::new(&get(&get(told, "results")?, "first")?);
    let bytes = Zeroizing::new(secret.to_vec());
    secret.fill(0, 0, secret.length());
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn credentials() -> Option<JsValue> {
    get(&window().navigator(), "credentials").filter(JsValue::is_object)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    let found = Reflect::get(of, &JsValue::from_str(name)).ok()?;
    (!found.is_undefined() && !found.is_null()).then_some(found)
}

fn object(members: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a fresh object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}
