//! Pixels to a PNG, row by row: neither the picture nor the file is ever whole in memory.

use std::io::{self, Write};

/// Bytes of a pixel: red, green, blue.
pub(super) const CHANNELS: usize = 3;
/// Each row as its difference to the row above (PNG specification, filter type 2): most of a picture does not change downwards.
const UP: u8 = 2;
/// Compressed bytes that are written at once.
const CHUNK: usize = 1 << 16;

/// The rows of a picture, compressed as they come.
///
/// Runs of zeros and a fixed Huffman code for what is between them (fdeflate): a hundredth of the time of a search for
/// repetitions, on pictures whose filtered rows are zeros for the most part.
pub(super) struct PngRows<'a, W: Write> {
    compressor: fdeflate::Compressor<Chunks<'a, W>>,
    above: Vec<u8>,
    filtered: Vec<u8>,
}

impl<'a, W: Write> PngRows<'a, W> {
    /// Begins a picture of so many pixels, and so many of them on a metre.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn new(file: &'a mut W, (width, height): (u32, u32), pixels_per_metre: u32) -> io::Result<Self> {
        let mut encoder = png::Encoder::new(file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let (xppu, yppu) = (pixels_per_metre, pixels_per_metre);
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter }));
        let chunks = Chunks { file: encoder.write_header().map_err(to_io)?, bytes: Vec::with_capacity(CHUNK) };
        let compressor = fdeflate::Compressor::new(chunks)?;
        Ok(Self { compressor, above: vec![0; width as usize * CHANNELS], filtered: Vec::new() })
    }

    /// Adds whole rows.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn push(&mut self, pixels: &[u8]) -> io::Result<()> {
        let width = self.above.len();
        self.filtered.resize(pixels.len() / width * (1 + width), 0);
        let mut above: &[u8] = &self.above;
        for (row, filtered) in pixels.chunks_exact(width).zip(self.filtered.chunks_exact_mut(1 + width)) {
            filtered[0] = UP;
            for ((difference, value), above) in filtered[1..].iter_mut().zip(row).zip(above) {
                *difference = value.wrapping_sub(*above);
            }
            above = row;
        }
        self.compressor.write_data(&self.filtered)?;
        self.above.copy_from_slice(&pixels[pixels.len() - width..]);
        Ok(())
    }

    /// Ends the picture.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        let mut chunks = self.compressor.finish()?;
        chunks.write_chunk()?;
        chunks.file.finish().map_err(to_io)
    }
}

/// Bytes of one compressed stream, in as many chunks of the file as there are full buffers.
struct Chunks<'a, W: Write> {
    file: png::Writer<&'a mut W>,
    bytes: Vec<u8>,
}

impl<W: Write> Chunks<'_, W> {
    fn write_chunk(&mut self) -> io::Result<()> {
        self.file.write_chunk(png::chunk::IDAT, &self.bytes).map_err(to_io)?;
        self.bytes.clear();
        Ok(())
    }
}

impl<W: Write> Write for Chunks<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= CHUNK {
            self.write_chunk()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the file said, where it was the file.
fn to_io(error: png::EncodingError) -> io::Error {
    match error {
        png::EncodingError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_pushed_in_pieces_read_back() {
        // Enough for several chunks of compressed bytes: numbers that do not repeat (a linear congruence modulo 2³¹).
        let (width, height) = (97_u32, 1_200_u32);
        let mut state = 1_u64;
        let pixels: Vec<u8> = (0..width * height * 3)
            .map(|_| {
                state = state * 48_271 % 2_147_483_647;
                (state >> 8) as u8
            })
            .collect();
        let mut bytes = Vec::new();
        let mut rows = PngRows::new(&mut bytes, (width, height), 5_669).unwrap();
        for strip in pixels.chunks(64 * width as usize * CHANNELS) {
            rows.push(strip).unwrap();
        }
        rows.finish().unwrap();
        let mut reader = png::Decoder::new(bytes.as_slice()).read_info().unwrap();
        let mut read = vec![0; reader.output_buffer_size()];
        reader.next_frame(&mut read).unwrap();
        assert!(read == pixels && reader.info().pixel_dims.is_some_and(|dims| dims.xppu == 5_669));
        assert!(bytes.len() > 4 * CHUNK);
    }
}
