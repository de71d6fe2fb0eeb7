#![no_main]

use btp_s3_catalog::probes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &[u8]| {
    let _ = probes::read_client_certificate(header);
});
