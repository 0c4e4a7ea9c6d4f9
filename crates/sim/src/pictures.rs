//! Pictures that are as long as one likes: nothing here looks at their pixels.

use effigy_core::payload::ImageType;
use effigy_proto::{Picture, Pixels};

/// A picture of so many bytes, about, another one for each tint, with a small one.
pub(crate) fn picture(bytes: usize, tint: u32) -> Picture {
    let small = bytes.min(200);
    Picture {
        alt: "noise".to_owned(),
        full: pixels(bytes, tint),
        thumbnail: Some(pixels(small, tint)),
    }
}

fn pixels(bytes: usize, tint: u32) -> Pixels {
    Pixels { bytes: png(bytes, tint), image_type: ImageType::Png, height: 1, width: 1 }
}

/// A PNG whose image data is a stream of noise.
fn png(bytes: usize, tint: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [kind.as_slice(), data].concat();
        file.extend_from_slice(&u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        file.extend_from_slice(&body);
        file.extend_from_slice(&crc(&body).to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let [a, b, c, d] = tint.to_be_bytes();
    let noise = (0..bytes.max(4)).map(|n| u8::try_from(n * 31 % 251).unwrap_or_default() ^ d);
    let mut noise: Vec<u8> = noise.collect();
    noise[..4].copy_from_slice(&[a, b, c, d]);
    chunk(b"IDAT", &noise);
    chunk(b"IEND", &[]);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
