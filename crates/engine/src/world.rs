//! What the loop needs of a platform.

use effigy_core::Time;
use effigy_proto::{Fence, Frame, Input, Link, RtcAction};

/// The world outside: connections, a clock, a place beside the store. Decides nothing.
///
/// Nothing here waits but [`next`](World::next), so that one slow peer holds up nobody: what cannot
/// be sent at once is buffered within bounds, and a connection whose buffer is full is closed.
#[allow(async_fn_in_trait, reason = "the engine is one task; see `effigy_store::Store`")]
pub trait World {
    /// The current time.
    fn now(&self) -> Time;

    /// The next thing that happens: on a connection, or [`Input::Tick`] at the moment set by
    /// [`wake_at`](World::wake_at). `None` ends the engine. Must be safe to drop half-way: the
    /// engine waits for commands at the same time.
    async fn next(&mut self) -> Option<Input>;

    /// The next thing, if it has happened already: so that one write keeps what comes of several. A
    /// world may say that there is none.
    fn at_hand(&mut self) -> Option<Input> {
        None
    }

    /// Lets others have a turn, if the engine has worked for long. Where nobody waits for a turn
    /// this does nothing.
    async fn breathe(&mut self) {}

    /// Closes a connection and forgets it. Unknown ones are passed over.
    fn close(&mut self, link: Link);

    /// Begins to open a WebSocket to `<origin>/ws`. Ends in [`Input::Connected`] or
    /// [`Input::Disconnected`].
    fn dial(&mut self, link: Link, origin: String);

    /// Keeps the fence outside the store, durably.
    fn fence(&mut self, fence: &Fence);

    /// The fence as it was last written; `None` where none is kept.
    fn fenced(&self) -> Option<Fence>;

    /// Closes every connection and forgets the alarm: the node begins again. Nothing that was still
    /// on its way in may come out of [`next`](World::next) afterwards.
    fn reset(&mut self);

    /// Acts on a WebRTC connection. A world without WebRTC answers with [`Input::Disconnected`].
    fn rtc(&mut self, link: Link, action: RtcAction);

    /// Sends a frame. Unknown connections are passed over.
    fn send(&mut self, link: Link, frame: Frame);

    /// Sets the moment of the next [`Input::Tick`].
    fn wake_at(&mut self, time: Time);
}
