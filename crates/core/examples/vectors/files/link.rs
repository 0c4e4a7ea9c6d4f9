//! Linking a device.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::link::{Half, Offer, Opening, Side, Token, agree};
use effigy_core::seal::SealingSecret;
use effigy_core::{Cid, Invite};
use serde_json::{Value, json};

use super::{File, accepted, hex, refused, root};

fn half(byte: u8) -> Half {
    Half::new(SealingSecret::from_bytes([byte; 32]), [byte.wrapping_add(100); 32]).unwrap()
}

fn side(side: Side) -> &'static str {
    match side {
        Side::New => "new",
        Side::Old => "old",
    }
}

/// A code of any content, with the right check at its end.
fn code(content: &[u8]) -> String {
    let check = Cid::of(content);
    format!("effigy-link:{}", BASE64URL_NOPAD.encode(&[content, &check.digest()[..4]].concat()))
}

/// What two devices come to, one of which shows the offer.
fn agreement(shower: Side, token: &Token) -> Value {
    let (shown, taken) = (half(1), half(2));
    let promise = shown.opening().commitment();
    let come = |mine: &Half| {
        agree(shower, token, mine, &promise, shown.opening(), taken.opening()).unwrap()
    };
    let (mut at_shower, mut at_taker) = (come(&shown), come(&taken));
    assert_eq!(at_shower.check, at_taker.check);
    let sealed = [
        at_shower.channel.seal(b"hello").unwrap(),
        at_shower.channel.seal(b"").unwrap(),
        at_taker.channel.seal(b"hello").unwrap(),
    ];
    let names: Vec<&str> = at_shower.check.pictures().iter().map(|emoji| emoji.name).collect();
    json!({
        "shower": side(shower), "token": hex(token.bytes()),
        "shower_secret": hex(&[1; 32]), "shower_nonce": hex(&[101; 32]),
        "taker_secret": hex(&[2; 32]), "taker_nonce": hex(&[102; 32]),
        "commitment": promise, "shower_opening": shown.opening(), "taker_opening": taken.opening(),
        "emoji": names, "number": at_shower.check.number(),
        "shower_hello": hex(&sealed[0]), "shower_nothing": hex(&sealed[1]),
        "taker_hello": hex(&sealed[2]),
    })
}

pub(crate) fn link() -> File {
    let mut cases = Vec::new();
    let key = *half(1).opening().key();
    let token = Token::from_bytes([1, 35, 69, 103, 137]);
    for (shower, hub) in [(Side::New, "https://hub.example"), (Side::Old, "http://127.0.0.1:8420")]
    {
        let offer = Offer { hub: hub.to_owned(), key, side: shower, token };
        for text in [offer.to_text(), offer.to_link()] {
            assert_eq!(Offer::parse(&text).as_ref(), Ok(&offer));
        }
        let case = json!({
            "hub": hub, "key": key, "side": side(shower), "token": hex(token.bytes()),
            "text": offer.to_text(), "link": offer.to_link(), "letters": token.to_letters(),
        });
        cases.push(accepted("an offer", case));
    }
    let body = |head: [u8; 2], tail: &[u8]| -> String {
        code(&[&head[..], key.bytes(), token.bytes(), tail].concat())
    };
    let good = body([1, 1], b"https://hub.example");
    let invite =
        Invite { hub: None, synod: root().identity(), token: effigy_core::invite::Token([5; 16]) };
    for (name, expected, text) in [
        ("an invite", "foreign", invite.to_text()),
        ("a page of the web", "foreign", "https://example.org/".to_owned()),
        ("nothing in it", "damaged", "effigy-link:".to_owned()),
        ("cut", "damaged", good[..good.len() - 2].to_owned()),
        ("version 2", "other-version", body([2, 1], b"https://hub.example")),
        ("neither side", "damaged", body([1, 3], b"https://hub.example")),
        ("no hub", "damaged", body([1, 1], b"")),
        ("a hub that is no origin", "damaged", body([1, 1], b"ftp://hub.example")),
        (
            "a link that names two hubs",
            "damaged",
            good.replace("effigy-link:", "https://other.example/#/link/"),
        ),
    ] {
        cases.push(refused(name, expected, json!({"text": text}), Offer::parse(&text)));
    }
    for (name, letters) in [
        ("letters: one of them wrong", token.to_letters().replacen('0', "2", 1)),
        ("letters: too few", token.to_letters()[..10].to_owned()),
        ("letters: none of ours", "UUU-UUU-UUU".to_owned()),
    ] {
        let found = letters.parse::<Token>();
        cases.push(refused(name, "link-error", json!({"letters": letters}), found));
    }
    for shower in [Side::New, Side::Old] {
        cases.push(accepted("an agreement", agreement(shower, &token)));
    }
    let (shown, taken) = (half(1), half(2));
    let promise = shown.opening().commitment();
    let other = half(3);
    let weak = Opening::from_bytes(&[&[0; 32][..], &[101; 32]].concat()).unwrap();
    for (name, promise, shown) in [
        ("a promise that was not kept", promise, other.opening()),
        ("a key of small order", weak.commitment(), &weak),
        ("a mirror", taken.opening().commitment(), taken.opening()),
    ] {
        let case = json!({
            "token": hex(token.bytes()), "taker_secret": hex(&[2; 32]), "taker_nonce": hex(&[102; 32]),
            "commitment": promise, "shower_opening": shown, "taker_opening": taken.opening(),
        });
        let found = agree(Side::New, &token, &taken, &promise, shown, taken.opening());
        cases.push(refused(name, "link-error", case, found));
    }
    File {
        name: "link.json",
        about: "text: 'effigy-link:' and base64url without padding of version 1, who shows it (1 new, 2 old), \
                its key (32 bytes), the token (5 bytes), the hub's origin, and the first 4 bytes of the SHA-256 \
                of all that. link: the origin, '/#/link/' and the same code without the origin in it. \
                letters: the token in Crockford's base 32 and one letter to check it. \
                An agreement: what follows from both halves. '_hello' and '_nothing': what a side seals first \
                and second.",
        cases,
    }
}
