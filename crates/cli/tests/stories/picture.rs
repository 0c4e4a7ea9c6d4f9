//! Small pictures, as many bytes as a test wants.

/// A grey PNG whose pixels are noise of this many bytes. Nothing looks at the pixels.
pub(crate) fn png(width: u32, height: u32, noise: usize) -> Vec<u8> {
    joined(width, height, noise, &[])
}

/// The same with a part that tells where it was taken.
pub(crate) fn talkative_png(width: u32, height: u32) -> Vec<u8> {
    joined(width, height, 64, &chunk(b"tEXt", b"Comment\0N48.20820 E16.37380"))
}

fn joined(width: u32, height: u32, noise: usize, more: &[u8]) -> Vec<u8> {
    let header = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let pixels: Vec<u8> = (0..noise).map(|n| (n * n % 251) as u8).collect();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(b"IHDR", &header),
        more,
        &chunk(b"IDAT", &pixels),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let summed = [kind.as_slice(), content].concat();
    [length.as_slice(), &summed, &crc(&summed).to_be_bytes()].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}
