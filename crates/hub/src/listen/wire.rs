//! A TCP stream that counts its bytes and gives up on readers that take none.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::metrics::Metrics;

/// The stream below TLS and HTTP.
pub(crate) struct Wire<S = TcpStream> {
    metrics: Arc<Metrics>,
    /// Set while a write waits for its reader.
    patience: Option<Pin<Box<Sleep>>>,
    stream: S,
    write_timeout: Duration,
}

impl<S> Wire<S> {
    /// Watches over a stream; a write that waits longer than `write_timeout` ends it.
    pub(super) fn new(stream: S, write_timeout: Duration, metrics: Arc<Metrics>) -> Self {
        Self { metrics, patience: None, stream, write_timeout }
    }

    /// Lets a waiting write wait, up to its deadline, and counts one that went through.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.patience = None;
            return progress;
        }
        let deadline = self.write_timeout;
        let patience =
            self.patience.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + deadline)));
        if patience.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.patience = None;
        self.metrics.stalled.add(1);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn written(&self, progress: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(n)) = progress {
            self.metrics.bytes_out.add(*n as u64);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let progress = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.metrics.bytes_in.add(buffer.filled().len().saturating_sub(before) as u64);
        progress
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(&progress);
        self.watch(context, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(&progress);
        self.watch(context, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_flush(context);
        // A flush with nothing to do must not end the wait of a write.
        if progress.is_pending() { self.watch(context, progress) } else { progress }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up() {
        let metrics = Arc::new(Metrics::default());
        let (ours, _theirs) = tokio::io::duplex(16);
        let mut wire = Wire::new(ours, TIMEOUT, Arc::clone(&metrics));
        let start = Instant::now();
        let error = wire.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), TIMEOUT);
        assert_eq!((metrics.stalled.count(), metrics.bytes_out.count()), (1, 16));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_that_takes_something_is_waited_for() {
        let metrics = Arc::new(Metrics::default());
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut wire = Wire::new(ours, TIMEOUT, Arc::clone(&metrics));
        let read = async {
            let mut total = 0;
            while total < 160 {
                tokio::time::sleep(TIMEOUT - Duration::from_secs(1)).await;
                total += theirs.read(&mut [0; 16]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(wire.write_all(&[0; 160]), read);
        written.unwrap();
        assert_eq!((metrics.stalled.count(), metrics.bytes_out.count()), (0, 160));
    }
}
