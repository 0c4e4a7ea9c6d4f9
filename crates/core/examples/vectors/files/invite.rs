//! Invites.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::invite::{Invite, Token};
use effigy_core::{Cid, Identity};
use serde_json::json;

use super::{File, accepted, hex, refused, root, signature};

/// A code of any content, with the right check at its end.
fn code(content: &[u8]) -> String {
    let check = Cid::of(content);
    format!("effigy:{}", BASE64URL_NOPAD.encode(&[content, &check.digest()[..4]].concat()))
}

fn content(head: [u8; 2], key: Identity, tail: &[u8]) -> Vec<u8> {
    [&head[..], key.bytes(), &[5; 16], tail].concat()
}

pub(crate) fn invite() -> File {
    let mut cases = Vec::new();
    let synod = root().identity();
    for (name, hub) in [
        ("no hub", None),
        ("a hub", Some("https://hub.example")),
        ("a port", Some("http://127.0.0.1:8420")),
        ("an address of six", Some("https://[2001:db8::1]:8443")),
    ] {
        let invite = Invite { hub: hub.map(str::to_owned), synod, token: Token([5; 16]) };
        assert_eq!(Invite::parse(&invite.to_text()).as_ref(), Ok(&invite));
        assert_eq!(Invite::parse(&invite.to_link()).as_ref(), Ok(&invite));
        cases.push(accepted(
            name,
            json!({
                "hub": hub, "synod": synod, "token": hex(&[5; 16]),
                "text": invite.to_text(), "link": invite.to_link(),
            }),
        ));
    }
    let good = Invite { hub: None, synod, token: Token([5; 16]) }.to_text();
    let letters = good.trim_start_matches("effigy:").to_owned();
    let small = signature::key(signature::SMALL_ORDER[0]);
    let no_key = signature::key(signature::NO_KEY[0].1);
    for (name, expected, text) in [
        ("nothing", "foreign", String::new()),
        ("a page of the web", "foreign", "https://example.org/".to_owned()),
        ("a network", "foreign", "WIFI:S:home;T:WPA;P:secret;;".to_owned()),
        ("a key alone", "foreign", synod.to_string()),
        ("a script", "foreign", format!("javascript:alert(1)/#/invite/{letters}")),
        (
            "an origin with a name and a password",
            "foreign",
            format!("https://a:b@h/#/invite/{letters}"),
        ),
        ("an origin with a path", "foreign", format!("https://hub.example/x/#/invite/{letters}")),
        ("an origin with a space", "foreign", format!("https://hub .example/#/invite/{letters}")),
        ("too long", "foreign", format!("effigy:{}", "A".repeat(1_020))),
        ("no code", "damaged", "effigy:".to_owned()),
        ("cut", "damaged", good[..good.len() - 2].to_owned()),
        (
            "one letter changed",
            "damaged",
            format!("{}{}", &good[..30], good[30..].replacen('A', "B", 1)),
        ),
        ("padding", "damaged", format!("{good}=")),
        ("the other alphabet", "damaged", "effigy:AQE+".to_owned()),
        ("a code for linking a device", "other-use", code(&content([1, 2], synod, b""))),
        ("a code of version 2", "other-version", code(&content([2, 1], synod, b""))),
        ("a key of small order", "damaged", code(&content([1, 1], small, b""))),
        ("no key at all", "damaged", code(&content([1, 1], no_key, b""))),
        ("no token", "damaged", code(&content([1, 1], synod, b"")[..40])),
        ("a hub that is no text", "damaged", code(&content([1, 1], synod, b"https://\xff"))),
        ("a hub that is no origin", "damaged", code(&content([1, 1], synod, b"ftp://hub.example"))),
        (
            "a hub that is a script",
            "damaged",
            code(&content([1, 1], synod, b"javascript:alert(1)")),
        ),
        ("a hub with a path", "damaged", code(&content([1, 1], synod, b"https://hub.example/x"))),
    ] {
        cases.push(refused(name, expected, json!({"text": text}), Invite::parse(&text)));
    }
    File {
        name: "invite.json",
        about: "text: 'effigy:' and base64url without padding of version 1, use 1, the synod's key (32 bytes), \
                the token (16 bytes), the hub's origin, and the first 4 bytes of the SHA-256 of all that. \
                link: the origin, '/#/invite/' and the same code without the origin in it.",
        cases,
    }
}
