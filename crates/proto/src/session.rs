//! The beginning of every connection: both sides prove their keys, bound to this channel.
//!
//! The dialler sends its request; the acceptor answers with its own and with its proof; the dialler
//! checks it and proves itself. A proof covers the role of the signer, both requests whole, and
//! what the channel is bound to: so it cannot be replayed, reflected or passed on.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::canon;
use effigy_core::identity::Purpose;
use effigy_core::random::Random;
use effigy_core::{Cid, Identity, Secret, Signature};
use serde::Serialize;

use crate::io::Binding;
use crate::message::{ErrorCode, Message, SessionRequest};

/// The version spoken here.
pub const PROTOCOL: &str = "effigy/1";

/// How far the beginning has come. The state owns what is known in it: "open" cannot be asked for
/// before it is true.
#[derive(Debug)]
pub(crate) enum Session {
    /// This side waits for the other's request (as acceptor) or has sent its own (as dialler).
    Greeting { binding: Binding, dialled: bool, ours: SessionRequest },
    /// Both requests are known; the other's proof is awaited.
    Proving { binding: Binding, dialled: bool, ours: SessionRequest, theirs: SessionRequest },
    /// Both sides proved themselves.
    Open { peer: Identity, synod: Option<(Identity, Option<Cid>)> },
}

/// What a message did to the session.
pub(crate) enum Step {
    /// Send these and go on waiting.
    Say(Vec<Message>),
    /// Send these; the session is open.
    Opened(Vec<Message>),
    /// Tell why and close.
    Refuse(ErrorCode),
}

#[derive(Serialize)]
struct Transcript<'a> {
    acceptor: &'a SessionRequest,
    binding: WireBinding<'a>,
    dialler: &'a SessionRequest,
    role: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum WireBinding<'a> {
    Origin(&'a str),
    Fingerprints(&'a str, &'a str),
}

impl Session {
    /// Begins. A dialler has to send what comes beside.
    pub(crate) fn begin(
        binding: Binding,
        dialled: bool,
        identity: Identity,
        head: Option<Cid>,
        synod: Option<(Identity, Option<Cid>)>,
        random: &mut Random,
    ) -> (Self, Option<Message>) {
        let ours = SessionRequest {
            challenge: BASE64URL_NOPAD.encode(&random.bytes::<32>()),
            head,
            identity,
            protocols: vec![PROTOCOL.to_owned()],
            synod,
        };
        let say = dialled.then(|| Message::SessionRequest(ours.clone()));
        (Self::Greeting { binding, dialled, ours }, say)
    }

    /// Takes a message of the beginning.
    pub(crate) fn take(&mut self, message: &Message, secret: &Secret) -> Step {
        match (&*self, message) {
            (Self::Greeting { binding, dialled, ours }, Message::SessionRequest(theirs)) => {
                if !theirs.protocols.iter().any(|version| version == PROTOCOL) {
                    return Step::Refuse(ErrorCode::Version);
                }
                // One's own key on the other side is a mirror, or a thief.
                if theirs.identity == ours.identity || theirs.challenge == ours.challenge {
                    return Step::Refuse(ErrorCode::Untrusted);
                }
                let (binding, dialled, ours, theirs) =
                    (binding.clone(), *dialled, ours.clone(), theirs.clone());
                let mut say = Vec::new();
                if !dialled {
                    let Some(signature) = prove(&binding, &theirs, &ours, "acceptor", secret)
                    else {
                        return Step::Refuse(ErrorCode::Malformed);
                    };
                    say.push(Message::SessionRequest(ours.clone()));
                    say.push(Message::SessionAuth { signature });
                }
                *self = Self::Proving { binding, dialled, ours, theirs };
                Step::Say(say)
            }
            (
                Self::Proving { binding, dialled, ours, theirs },
                Message::SessionAuth { signature },
            ) => {
                let (dialler, acceptor, role) =
                    if *dialled { (ours, theirs, "acceptor") } else { (theirs, ours, "dialler") };
                if !proven(binding, dialler, acceptor, role, theirs.identity, signature) {
                    return Step::Refuse(ErrorCode::Untrusted);
                }
                let mut say = Vec::new();
                if *dialled {
                    let Some(signature) = prove(binding, ours, theirs, "dialler", secret) else {
                        return Step::Refuse(ErrorCode::Malformed);
                    };
                    say.push(Message::SessionAuth { signature });
                }
                *self = Self::Open { peer: theirs.identity, synod: theirs.synod };
                Step::Opened(say)
            }
            _ => Step::Refuse(ErrorCode::Forbidden),
        }
    }
}

fn transcript(
    binding: &Binding,
    dialler: &SessionRequest,
    acceptor: &SessionRequest,
    role: &'static str,
) -> Option<Vec<u8>> {
    let binding = match binding {
        Binding::Origin(origin) => WireBinding::Origin(origin),
        Binding::Fingerprints(a, b) if a <= b => WireBinding::Fingerprints(a, b),
        Binding::Fingerprints(a, b) => WireBinding::Fingerprints(b, a),
    };
    canon::write(&Transcript { acceptor, binding, dialler, role }).ok()
}

fn prove(
    binding: &Binding,
    dialler: &SessionRequest,
    acceptor: &SessionRequest,
    role: &'static str,
    secret: &Secret,
) -> Option<Signature> {
    let bytes = transcript(binding, dialler, acceptor, role)?;
    Some(secret.sign(Purpose::SessionAuth, &bytes))
}

fn proven(
    binding: &Binding,
    dialler: &SessionRequest,
    acceptor: &SessionRequest,
    role: &'static str,
    signer: Identity,
    signature: &Signature,
) -> bool {
    transcript(binding, dialler, acceptor, role)
        .is_some_and(|bytes| signer.verify(Purpose::SessionAuth, &bytes, signature).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(seed: u8) -> Secret {
        Secret::from_seed(&[seed; 32])
    }

    fn begin(seed: u8, dialled: bool, origin: &str) -> (Session, Option<Message>) {
        let binding = Binding::Origin(origin.to_owned());
        let mut random = Random::seeded([seed.wrapping_add(100); 32]);
        Session::begin(binding, dialled, secret(seed).identity(), None, None, &mut random)
    }

    /// The same with another challenge.
    fn begin_with(seed: u8, dialled: bool, chance: [u8; 32]) -> (Session, Option<Message>) {
        let binding = Binding::Origin(HUB.to_owned());
        let mut random = Random::seeded(chance);
        Session::begin(binding, dialled, secret(seed).identity(), None, None, &mut random)
    }

    /// Runs both sides against one another; tells whether each opened.
    fn run(
        mut change: impl FnMut(Message) -> Message,
        dialled_origin: &str,
        origin: &str,
    ) -> (bool, bool) {
        let (mut ana, first) = begin(1, true, dialled_origin);
        let (mut hub, _) = begin(2, false, origin);
        let mut to_hub: Vec<Message> = first.into_iter().collect();
        let mut to_ana: Vec<Message> = Vec::new();
        let (mut ana_open, mut hub_open) = (false, false);
        while !to_hub.is_empty() || !to_ana.is_empty() {
            for message in std::mem::take(&mut to_hub) {
                match hub.take(&change(message), &secret(2)) {
                    Step::Say(say) => to_ana.extend(say),
                    Step::Opened(say) => {
                        hub_open = true;
                        to_ana.extend(say);
                    }
                    Step::Refuse(_) => return (ana_open, false),
                }
            }
            for message in std::mem::take(&mut to_ana) {
                match ana.take(&change(message), &secret(1)) {
                    Step::Say(say) => to_hub.extend(say),
                    Step::Opened(say) => {
                        ana_open = true;
                        to_hub.extend(say);
                    }
                    Step::Refuse(_) => return (false, hub_open),
                }
            }
        }
        (ana_open, hub_open)
    }

    const HUB: &str = "https://hub.example";

    #[test]
    fn both_sides_open_when_nobody_interferes() {
        assert_eq!(run(|message| message, HUB, HUB), (true, true));
    }

    #[test]
    fn a_session_that_was_dialled_to_another_origin_does_not_open() {
        assert_eq!(run(|message| message, "https://evil.example", HUB), (false, false));
    }

    #[test]
    fn changing_a_head_or_a_version_on_the_way_is_noticed() {
        let head = |message| match message {
            Message::SessionRequest(request) => {
                Message::SessionRequest(SessionRequest { head: Some(Cid::of(b"older")), ..request })
            }
            other => other,
        };
        assert_eq!(run(head, HUB, HUB), (false, false));
        let versions = |message| match message {
            Message::SessionRequest(mut request) => {
                request.protocols.insert(0, "effigy/0".to_owned());
                Message::SessionRequest(request)
            }
            other => other,
        };
        assert_eq!(run(versions, HUB, HUB), (false, false));
        let stripped = |message| match message {
            Message::SessionRequest(mut request) => {
                request.protocols.clear();
                Message::SessionRequest(request)
            }
            other => other,
        };
        assert_eq!(run(stripped, HUB, HUB), (false, false));
    }

    #[test]
    fn a_mirror_is_refused() {
        let (mut ana, first) = begin(1, true, HUB);
        let step = ana.take(&first.unwrap(), &secret(1));
        assert!(matches!(step, Step::Refuse(ErrorCode::Untrusted)));
    }

    #[test]
    fn the_own_key_is_refused_whatever_the_challenge() {
        // Somebody who stole the key, or another copy of this device: not to be talked to.
        for dialled in [true, false] {
            let (mut ana, _) = begin(1, dialled, HUB);
            let (thief, _) = begin_with(1, !dialled, [55; 32]);
            let Session::Greeting { ours: theirs, .. } = thief else { unreachable!() };
            let Session::Greeting { ours, .. } = &ana else { unreachable!() };
            assert_ne!(ours.challenge, theirs.challenge);
            let step = ana.take(&Message::SessionRequest(theirs), &secret(1));
            assert!(matches!(step, Step::Refuse(ErrorCode::Untrusted)));
        }
    }

    #[test]
    fn the_own_challenge_is_refused_whoever_says_it() {
        for dialled in [true, false] {
            let (mut ana, _) = begin(1, dialled, HUB);
            let Session::Greeting { ours, .. } = &ana else { unreachable!() };
            let echo = SessionRequest { identity: secret(2).identity(), ..ours.clone() };
            let step = ana.take(&Message::SessionRequest(echo), &secret(1));
            assert!(matches!(step, Step::Refuse(ErrorCode::Untrusted)));
        }
    }

    #[test]
    fn a_mirror_is_refused_in_every_state() {
        // As acceptor: everything that is said comes back.
        let (mut hub, _) = begin(2, false, HUB);
        let (_, first) = begin(1, true, HUB);
        let Step::Say(said) = hub.take(&first.unwrap(), &secret(2)) else { unreachable!() };
        for echo in &said {
            let mut hub = begin(2, false, HUB).0;
            let Step::Say(_) = hub.take(&begin(1, true, HUB).1.unwrap(), &secret(2)) else {
                unreachable!()
            };
            assert!(matches!(hub.take(echo, &secret(2)), Step::Refuse(_)), "{echo:?}");
        }
        // As dialler: the proof that it gives comes back to it, and it is open already.
        let (mut ana, first) = begin(1, true, HUB);
        let (mut hub, _) = begin(2, false, HUB);
        let Step::Say(said) = hub.take(&first.unwrap(), &secret(2)) else { unreachable!() };
        assert!(matches!(ana.take(&said[0], &secret(1)), Step::Say(_)));
        let Step::Opened(proof) = ana.take(&said[1], &secret(1)) else { unreachable!() };
        assert!(matches!(ana.take(&proof[0], &secret(1)), Step::Refuse(ErrorCode::Forbidden)));
    }

    #[test]
    fn a_recorded_proof_opens_no_other_session() {
        let mut recorded = None;
        let record = |message: Message| {
            if let Message::SessionAuth { signature } = &message {
                recorded.get_or_insert(*signature);
            }
            message
        };
        assert_eq!(run(record, HUB, HUB), (true, true));
        let recorded = recorded.unwrap();
        for round in 0..100_u8 {
            let binding = Binding::Origin(HUB.to_owned());
            let mut random = Random::seeded([round; 32]);
            let identity = secret(1).identity();
            let (mut ana, _) = Session::begin(binding, true, identity, None, None, &mut random);
            let (hub, _) = begin(2, true, HUB);
            let Session::Greeting { ours, .. } = hub else { unreachable!() };
            ana.take(&Message::SessionRequest(ours), &secret(1));
            let step = ana.take(&Message::SessionAuth { signature: recorded }, &secret(1));
            assert!(matches!(step, Step::Refuse(ErrorCode::Untrusted)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// T17: the challenge is the other side's to choose. Whatever it spells, the signature over
        /// it is a proof of this session and nothing else.
        #[test]
        fn a_proof_is_nothing_else_whatever_the_challenge(
            challenge in prop_oneof![
                any::<[u8; 32]>().prop_map(|bytes| BASE64URL_NOPAD.encode(&bytes)),
                // What passes for one by its length: pieces of entries and of transcripts.
                "[ -~]{43}",
                Just(r#"{"comparable":1,"generation":0,"identity":""#.to_owned()),
                Just("effigy/entry/v1\0".repeat(3)[..43].to_owned()),
            ],
            head in any::<Option<[u8; 32]>>(),
        ) {
            let (mut ana, _) = begin(1, true, HUB);
            let request = SessionRequest {
                challenge: challenge.clone(),
                head: head.map(Cid::from_digest),
                identity: secret(2).identity(),
                protocols: vec![PROTOCOL.to_owned()],
                synod: None,
            };
            let step = ana.take(&Message::SessionRequest(request), &secret(1));
            prop_assert!(matches!(step, Step::Say(_)));
            let Session::Proving { binding, ours, theirs, .. } = &ana else { unreachable!() };
            let bytes = transcript(binding, ours, theirs, "dialler").unwrap();
            let signature = prove(binding, ours, theirs, "dialler", &secret(1)).unwrap();
            let identity = secret(1).identity();
            for purpose in Purpose::ALL {
                for said in [&bytes[..], challenge.as_bytes()] {
                    let counts = identity.verify(purpose, said, &signature).is_ok();
                    prop_assert_eq!(counts, purpose == Purpose::SessionAuth && said == bytes);
                }
            }
            // Nor is it an entry, whose header would be the transcript or the challenge.
            for header in [&bytes[..], challenge.as_bytes()] {
                let entry = [header, b"\n", signature.to_string().as_bytes()].concat();
                prop_assert!(effigy_core::Entry::parse(&entry).is_err());
            }
            // Nor the proof of the other role, or of this one elsewhere.
            let elsewhere = Binding::Origin("https://elsewhere.example".to_owned());
            for (binding, role) in [(binding, "acceptor"), (&elsewhere, "dialler")] {
                prop_assert!(!proven(binding, ours, theirs, role, identity, &signature));
            }
        }
    }
}
