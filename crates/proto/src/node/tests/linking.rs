//! Linking a device: two devices, and a hub that passes on what it likes.

use effigy_core::limits::LINK_VALID;
use effigy_core::link::{Half, Offer, Token};
use effigy_core::payload::Power;
use effigy_core::random::Random;
use effigy_core::{Identity, Secret};

use super::Desk;
use super::desk::HUB;
use crate::api::{Command, Event, LinkCommand, LinkFailure, Linked, Linking, Shown};
use crate::io::{Input, Link};
use crate::message::{ErrorCode, LinkEnd, LinkStep, Message};

const OLD: usize = 0;
const NEW: usize = 1;

/// Two devices, and the hub between them, which is the test.
struct Two {
    desks: [Desk; 2],
    links: [Link; 2],
}

/// What the hub does with a step, given who says it.
type Passes<'a> = &'a mut dyn FnMut(usize, LinkStep) -> Vec<LinkStep>;

fn link(desk: &mut Desk, command: LinkCommand) {
    desk.tell(Input::Command(Command::Link(command)));
}

/// Lets time go by in which the others say now and then that they are there.
fn wait(desk: &mut Desk, links: &[Link], span: u64) {
    for left in (0..span).step_by(10_000) {
        desk.pass((span - left).min(10_000));
        links.iter().for_each(|link| desk.say(*link, Message::Pong));
    }
}

/// What was said about linking.
fn told(desk: &mut Desk, link: Link) -> Vec<Message> {
    let said = desk.heard(link).into_iter();
    said.filter(|message| !matches!(message, Message::Ping)).collect()
}

fn state(desk: &Desk) -> Option<Linking> {
    desk.events.iter().rev().find_map(|event| match event {
        Event::Linking(linking) => Some(linking.clone()),
        _ => None,
    })
}

fn failure(desk: &Desk) -> Option<LinkFailure> {
    match state(desk) {
        Some(Linking::Failed(why)) => Some(why),
        _ => None,
    }
}

fn number(desk: &Desk) -> u8 {
    match state(desk) {
        Some(Linking::Verifying { number: Some(number), .. }) => number.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn offer(desk: &Desk) -> Offer {
    match state(desk) {
        Some(Linking::Showing { offer, .. }) => offer,
        other => panic!("{other:?}"),
    }
}

impl Two {
    fn new() -> Self {
        Self::of([Desk::person(1), Desk::newcomer(9)])
    }

    fn of(mut desks: [Desk; 2]) -> Self {
        let hub = Secret::from_seed(&[99; 32]);
        let links = desks.each_mut().map(|desk| desk.hub_answers(&hub).link);
        Self { desks, links }
    }

    fn do_link(&mut self, who: usize, command: LinkCommand) {
        link(&mut self.desks[who], command);
    }

    /// Does what a hub does, until nobody says anything more.
    fn settle(&mut self, passes: Passes<'_>) {
        loop {
            let mut quiet = true;
            for who in [OLD, NEW] {
                for message in self.desks[who].heard(self.links[who]) {
                    quiet = false;
                    self.serve(who, message, passes);
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn serve(&mut self, who: usize, message: Message, passes: Passes<'_>) {
        let other = 1 - who;
        match message {
            Message::LinkOpen { request, .. } => self.tell(who, Message::LinkOpened { request }),
            Message::LinkClaim { .. } => {
                self.tell(who, Message::LinkMet);
                self.tell(other, Message::LinkMet);
            }
            Message::LinkStep { step } => {
                for step in passes(who, step) {
                    self.tell(other, Message::LinkStep { step });
                }
            }
            Message::LinkClosed { .. } => {
                self.tell(other, Message::LinkClosed { why: LinkEnd::Left })
            }
            _ => (),
        }
    }

    fn tell(&mut self, who: usize, message: Message) {
        self.desks[who].say(self.links[who], message);
    }

    /// One shows and the other takes it, as an offer or by its letters.
    fn meet(&mut self, shower: usize, by_letters: bool, passes: Passes<'_>) {
        let (hub, name) = (HUB.to_owned(), "laptop".to_owned());
        self.do_link(shower, LinkCommand::Show { hub: hub.clone(), name: name.clone() });
        self.settle(passes);
        let offer = offer(&self.desks[shower]);
        let token = offer.token.to_letters().parse().unwrap();
        let shown = if by_letters { Shown::Letters { hub, token } } else { Shown::Offer(offer) };
        self.do_link(1 - shower, LinkCommand::Claim { name, shown });
        self.settle(passes);
    }

    fn agree(&mut self, full: bool) {
        let number = number(&self.desks[NEW]);
        self.do_link(NEW, LinkCommand::Confirm);
        self.settle(&mut honest);
        self.do_link(OLD, LinkCommand::Approve { full, number, replaces: None });
        self.settle(&mut honest);
    }

    fn failures(&self) -> [Option<LinkFailure>; 2] {
        [failure(&self.desks[OLD]), failure(&self.desks[NEW])]
    }

    /// The powers that the account gives the new device.
    fn powers(&self) -> Option<Vec<Power>> {
        let synod = self.desks[OLD].keys.synod.unwrap();
        let new = self.desks[NEW].keys.device.identity();
        let state = self.desks[OLD].node.synods.get(&synod).unwrap();
        state.devices.get(&new).map(|device| device.powers.clone())
    }
}

fn honest(_: usize, step: LinkStep) -> Vec<LinkStep> {
    vec![step]
}

#[test]
fn a_device_is_linked_whoever_shows_and_however_it_is_taken() {
    for (shower, by_letters) in [(OLD, false), (OLD, true), (NEW, false), (NEW, true)] {
        let mut two = Two::new();
        two.meet(shower, by_letters, &mut honest);
        let seen = two.desks.each_ref().map(|desk| match state(desk) {
            Some(Linking::Verifying { number, pictures, .. }) => (number.is_some(), pictures),
            other => panic!("{other:?}"),
        });
        assert_eq!((seen[OLD].0, seen[NEW].0), (false, true), "only the new one shows the number");
        assert_eq!(seen[OLD].1, seen[NEW].1);
        assert_eq!(two.powers(), None);
        two.agree(!by_letters);
        let (synod, device) =
            (two.desks[OLD].keys.synod.unwrap(), two.desks[NEW].keys.device.identity());
        assert_eq!(state(&two.desks[OLD]), Some(Linking::Done(Linked::Added { device })));
        let (hubs, name) = (vec![HUB.to_owned()], "Ana".to_owned());
        let joined = Linking::Done(Linked::Joined { hubs, name, synod });
        assert_eq!(state(&two.desks[NEW]), Some(joined));
        let powers = if by_letters { vec![Power::Post] } else { vec![Power::Admin, Power::Post] };
        assert_eq!(two.powers(), Some(powers));
        two.desks[OLD].restart();
        assert!(two.powers().is_some(), "it is durable");
    }
}

#[test]
fn nobody_takes_the_place_of_a_device_of_which_something_may_be_missing() {
    let (new, stranger) = (Desk::newcomer(9), Secret::from_seed(&[77; 32]));
    let me = Desk::person(1).keys.device.identity();
    for replaces in [me, stranger.identity(), new.keys.device.identity()] {
        let mut two = Two::new();
        two.meet(NEW, false, &mut honest);
        let number = number(&two.desks[NEW]);
        two.do_link(NEW, LinkCommand::Confirm);
        two.settle(&mut honest);
        let replaces = Some(replaces);
        two.do_link(OLD, LinkCommand::Approve { full: true, number, replaces });
        two.settle(&mut honest);
        let why = [Some(LinkFailure::Incomplete), Some(LinkFailure::NotAllowed)];
        assert_eq!((two.failures(), two.powers()), (why, None));
    }
}

#[test]
fn a_device_that_never_wrote_is_told_from_one_that_did() {
    let mut two = Two::new();
    assert!(two.desks[OLD].post("here"));
    two.meet(NEW, false, &mut honest);
    two.agree(true);
    two.desks[OLD].pass(5_000);
    let told = two.desks[OLD].network().unwrap().devices;
    let told: Vec<(bool, bool)> =
        told.iter().map(|device| (device.is_this, device.has_written)).collect();
    assert_eq!(told, [(true, true), (false, false)]);
}

#[test]
fn approval_may_come_before_the_other_device_has_confirmed() {
    let mut two = Two::new();
    two.meet(NEW, false, &mut honest);
    let number = number(&two.desks[NEW]);
    let mut said = 0;
    two.do_link(OLD, LinkCommand::Approve { full: true, number, replaces: None });
    two.settle(&mut |_, _| {
        said += 1;
        Vec::new()
    });
    assert_eq!((said, two.powers()), (0, None), "nothing is told before both have said yes");
    two.do_link(NEW, LinkCommand::Confirm);
    two.settle(&mut honest);
    assert!(two.powers().is_some());
}

#[test]
fn a_wrong_number_ends_it_at_once() {
    let mut two = Two::new();
    two.meet(OLD, false, &mut honest);
    let right = number(&two.desks[NEW]);
    two.do_link(NEW, LinkCommand::Confirm);
    two.settle(&mut honest);
    two.do_link(
        OLD,
        LinkCommand::Approve { full: true, number: (right + 1) % 100, replaces: None },
    );
    two.settle(&mut honest);
    assert_eq!(two.failures(), [Some(LinkFailure::Declined); 2]);
    two.do_link(OLD, LinkCommand::Approve { full: true, number: right, replaces: None });
    two.settle(&mut honest);
    assert_eq!(two.powers(), None);
}

#[test]
fn whoever_stops_the_other_is_told_and_nothing_has_changed() {
    for who in [OLD, NEW] {
        for stage in 0..3 {
            let mut two = Two::new();
            let name = "laptop".to_owned();
            let show = LinkCommand::Show { hub: HUB.to_owned(), name };
            match stage {
                0 => {
                    two.do_link(who, show);
                    two.settle(&mut honest);
                }
                _ => two.meet(OLD, false, &mut honest),
            }
            if stage == 2 {
                two.do_link(NEW, LinkCommand::Confirm);
                two.settle(&mut honest);
            }
            two.do_link(who, LinkCommand::Cancel);
            two.settle(&mut honest);
            assert_eq!(failure(&two.desks[who]), Some(LinkFailure::Cancelled));
            let told = failure(&two.desks[1 - who]);
            assert_eq!(told, (stage > 0).then_some(LinkFailure::Cancelled), "stage {stage}");
            assert_eq!(two.powers(), None);
        }
    }
}

/// A hub that answers for each of the two: all it can do is what anybody can.
fn middle(two: &mut Two, shower: usize, by_letters: bool) {
    let mut random = Random::seeded([3; 32]);
    let mine = Half::draw(&mut random).unwrap();
    let opening = mine.opening().clone();
    two.meet(shower, by_letters, &mut |_, step| {
        vec![match step {
            LinkStep::Promise { new, .. } => {
                LinkStep::Promise { commitment: opening.commitment(), new }
            }
            LinkStep::Answer { new, .. } => LinkStep::Answer { new, opening: opening.clone() },
            LinkStep::Reveal { .. } => LinkStep::Reveal { opening: opening.clone() },
            sealed => sealed,
        }]
    });
}

#[test]
fn a_hub_in_the_middle_is_seen_and_cannot_join() {
    for shower in [OLD, NEW] {
        let mut two = Two::new();
        middle(&mut two, shower, true);
        let seen = two.desks.each_ref().map(|desk| match state(desk) {
            Some(Linking::Verifying { pictures, .. }) => pictures,
            other => panic!("{other:?}"),
        });
        assert_ne!(seen[OLD], seen[NEW], "the pictures differ");
        // Who does not look, and confirms: what the new one says cannot be read by the old one.
        two.do_link(NEW, LinkCommand::Confirm);
        two.settle(&mut honest);
        assert_eq!(failure(&two.desks[OLD]), Some(LinkFailure::Untrusted));
        assert_eq!(two.powers(), None);
        // Whoever scanned knows the key, and need not look.
        let mut two = Two::new();
        middle(&mut two, shower, false);
        assert_eq!(failure(&two.desks[1 - shower]), Some(LinkFailure::Untrusted));
        assert_eq!(two.powers(), None);
    }
}

#[test]
fn what_is_said_again_or_changed_or_out_of_its_turn_ends_it() {
    for twist in 0..5 {
        let mut two = Two::new();
        two.meet(OLD, false, &mut |_, step| match (&step, twist) {
            (LinkStep::Reveal { .. }, 0) => vec![step.clone(), step],
            (LinkStep::Promise { .. }, 1) => vec![step.clone(), step],
            (LinkStep::Promise { commitment, new }, 2) => {
                vec![LinkStep::Promise { commitment: *commitment, new: !new }]
            }
            _ => vec![step],
        });
        two.do_link(NEW, LinkCommand::Confirm);
        two.settle(&mut |_, step| match (&step, twist) {
            (LinkStep::Sealed { .. }, 3) => vec![step.clone(), step],
            (LinkStep::Sealed { body }, 4) => {
                vec![LinkStep::Sealed { body: body.replacen(&body[9..10], "_", 1) }]
            }
            _ => vec![step],
        });
        let failures = two.failures();
        assert!(failures.iter().any(Option::is_some), "twist {twist}: {failures:?}");
        assert_eq!(two.powers(), None, "twist {twist}");
    }
}

#[test]
fn what_takes_too_long_or_is_not_there_has_its_own_word() {
    let show = || LinkCommand::Show { hub: HUB.to_owned(), name: String::new() };
    // Nobody takes it.
    let mut two = Two::new();
    two.do_link(OLD, show());
    two.settle(&mut honest);
    let link = two.links[OLD];
    wait(&mut two.desks[OLD], &[link], LINK_VALID.0);
    assert_eq!(failure(&two.desks[OLD]), Some(LinkFailure::Expired));
    // The hub does not answer; then it is gone; then it refuses.
    two.do_link(OLD, show());
    two.desks[OLD].pass(15_000);
    assert_eq!(failure(&two.desks[OLD]), Some(LinkFailure::Offline));
    let letters = || LinkCommand::Claim {
        name: String::new(),
        shown: Shown::Letters { hub: HUB.to_owned(), token: Token::from_bytes([1; 5]) },
    };
    for (code, why) in
        [(ErrorCode::NotFound, LinkFailure::Invalid), (ErrorCode::TooMuch, LinkFailure::TooOften)]
    {
        two.do_link(NEW, letters());
        let request =
            two.desks[NEW].heard(two.links[NEW]).into_iter().find_map(|said| match said {
                Message::LinkClaim { request, .. } => Some(request),
                _ => None,
            });
        two.tell(NEW, Message::Error { about: request.unwrap(), code });
        assert_eq!(failure(&two.desks[NEW]), Some(why));
    }
    two.do_link(NEW, letters());
    two.tell(NEW, Message::LinkClosed { why: LinkEnd::Twice });
    assert_eq!(failure(&two.desks[NEW]), Some(LinkFailure::Twice));
    two.do_link(NEW, letters());
    let link = two.links[NEW];
    two.desks[NEW].tell(Input::Disconnected(link));
    assert_eq!(failure(&two.desks[NEW]), Some(LinkFailure::Offline));
    // A hub that is not one's own is dialled for this, and let go.
    two.do_link(
        OLD,
        LinkCommand::Show { hub: "https://other.example".into(), name: String::new() },
    );
    let other = two.desks[OLD].dialled.last().unwrap().clone();
    assert_eq!(other.1, "https://other.example");
    two.do_link(OLD, LinkCommand::Cancel);
    assert!(two.desks[OLD].closed.contains(&other.0));
}

#[test]
fn two_devices_of_one_kind_are_told_apart() {
    let cases = [
        ([Desk::person(1), Desk::person(1)], LinkFailure::AlreadyLinked),
        ([Desk::person(1), Desk::person(2)], LinkFailure::OtherAccount),
        ([Desk::newcomer(1), Desk::newcomer(2)], LinkFailure::NoAccount),
    ];
    for (desks, why) in cases {
        let mut two = Two::of(desks);
        two.meet(OLD, true, &mut honest);
        assert!(two.failures().contains(&Some(why)), "{why:?}: {:?}", two.failures());
    }
}

#[test]
fn who_was_added_and_did_not_hear_of_it_is_told_again() {
    let mut two = Two::new();
    two.meet(OLD, false, &mut honest);
    let shown = number(&two.desks[NEW]);
    two.do_link(NEW, LinkCommand::Confirm);
    two.settle(&mut honest);
    two.do_link(OLD, LinkCommand::Approve { full: true, number: shown, replaces: None });
    // Ana's phone has said that it is done, and that gets lost.
    let mut told = 0;
    two.settle(&mut |who, step| {
        told += usize::from(who == OLD);
        if told > 1 { Vec::new() } else { vec![step] }
    });
    assert!(two.powers().is_some());
    assert_eq!(failure(&two.desks[NEW]), Some(LinkFailure::Cancelled));
    let synod = two.desks[OLD].keys.synod.unwrap();
    let before = two.desks[OLD].records(synod);
    two.meet(NEW, true, &mut honest);
    two.agree(true);
    assert!(matches!(state(&two.desks[NEW]), Some(Linking::Done(Linked::Joined { .. }))));
    assert_eq!(two.desks[OLD].records(synod), before, "it is not added a second time");
}

/// A stranger at a hub, who may have no account.
fn stranger(hub: &mut Desk, seed: u8, synod: Option<Identity>) -> Link {
    let link = hub.enters(u64::from(seed), &Secret::from_seed(&[seed; 32]), synod).link;
    hub.heard(link);
    link
}

#[test]
fn a_hub_lets_one_come_once_and_in_time() {
    let mut hub = Desk::hub(3, 1 << 20);
    let [ana, laptop, thief] = [20, 21, 22].map(|seed| stranger(&mut hub, seed, None));
    let token = Token::from_bytes([1, 2, 3, 4, 5]);
    let open = Message::LinkOpen { request: 7, token };
    let claim = Message::LinkClaim { request: 8, token };
    let missing = [Message::Error { about: 8, code: ErrorCode::NotFound }];
    hub.say(ana, open.clone());
    assert_eq!(told(&mut hub, ana), [Message::LinkOpened { request: 7 }]);
    wait(&mut hub, &[ana, laptop, thief], LINK_VALID.0 - 1);
    hub.say(laptop, claim.clone());
    assert_eq!(
        (told(&mut hub, ana), told(&mut hub, laptop)),
        (vec![Message::LinkMet], vec![Message::LinkMet])
    );
    let step = LinkStep::Sealed { body: "AAAA".to_owned() };
    hub.say(laptop, Message::LinkStep { step: step.clone() });
    assert_eq!(told(&mut hub, ana), [Message::LinkStep { step: step.clone() }]);
    // A second one: neither stays.
    hub.say(thief, claim.clone());
    assert_eq!(told(&mut hub, thief), missing);
    for link in [ana, laptop] {
        assert_eq!(told(&mut hub, link), [Message::LinkClosed { why: LinkEnd::Twice }]);
    }
    hub.say(laptop, Message::LinkStep { step });
    assert!(told(&mut hub, ana).is_empty(), "nothing is passed on any more");
    told(&mut hub, laptop);
    // Two minutes are two minutes.
    hub.say(ana, open.clone());
    told(&mut hub, ana);
    wait(&mut hub, &[ana, laptop, thief], LINK_VALID.0);
    assert_eq!(told(&mut hub, ana), [Message::LinkClosed { why: LinkEnd::Late }]);
    hub.say(laptop, claim.clone());
    assert_eq!(told(&mut hub, laptop), missing);
    // Who leaves takes the meeting along.
    hub.say(ana, open);
    hub.say(laptop, claim);
    told(&mut hub, laptop);
    hub.tell(Input::Disconnected(ana));
    assert_eq!(told(&mut hub, laptop), [Message::LinkClosed { why: LinkEnd::Left }]);
    assert_eq!(hub.node.meetings.len(), 0);
}

#[test]
fn guesses_and_offers_have_a_bound() {
    let mut hub = Desk::hub(3, 1 << 20);
    let thief = stranger(&mut hub, 20, None);
    let mut answers = Vec::new();
    for guess in 0..8_u8 {
        let token = Token::from_bytes([guess; 5]);
        hub.say(thief, Message::LinkClaim { request: 1, token });
        answers.extend(hub.heard(thief));
    }
    let missing = Message::Error { about: 1, code: ErrorCode::NotFound };
    let too_much = Message::Error { about: 1, code: ErrorCode::TooMuch };
    let expected = [vec![missing; 5], vec![too_much; 3]].concat();
    assert_eq!(answers, expected, "five guesses, then three faults");
    assert!(hub.closed.contains(&thief));
    // One offer for each connection.
    let ana = stranger(&mut hub, 21, None);
    for n in 0..50_u8 {
        hub.say(ana, Message::LinkOpen { request: 1, token: Token::from_bytes([n; 5]) });
        assert_eq!(hub.node.meetings.len(), 1);
    }
    // So many steps, and no more.
    let laptop = stranger(&mut hub, 23, None);
    hub.say(laptop, Message::LinkClaim { request: 1, token: Token::from_bytes([49; 5]) });
    for _ in 0..40 {
        let step = LinkStep::Sealed { body: String::new() };
        hub.say(laptop, Message::LinkStep { step });
    }
    let passed = hub.heard(ana);
    let steps = passed.iter().filter(|said| matches!(said, Message::LinkStep { .. })).count();
    assert_eq!(steps, 24);
    assert_eq!(passed.last(), Some(&Message::LinkClosed { why: LinkEnd::Late }));
}
