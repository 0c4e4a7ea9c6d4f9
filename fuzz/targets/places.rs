//! Short texts that say where something is: descriptions of connections, origins of hubs, places in
//! the app.
#![no_main]

#[path = "../../crates/hub/src/config/origin.rs"]
#[allow(dead_code)]
mod origin;
#[path = "../../web/src/app/route.rs"]
#[allow(dead_code)]
mod route;
#[path = "../../crates/net-web/src/rtc/sdp.rs"]
mod sdp;

use origin::Origin;
use route::Route;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Some(fingerprint) = sdp::fingerprint(text) {
        let again = sdp::fingerprint(&format!("a=fingerprint:{fingerprint}"));
        assert_eq!(again, Some(fingerprint));
    }
    if sdp::is_plain(text) {
        assert_eq!(text.lines().filter(|line| line.starts_with("m=")).count(), 1);
    }
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.to_string().parse().as_ref(), Ok(&origin));
    }
    let _ = Route::parse(text);
});
