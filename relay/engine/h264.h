/* A look into H.264 payloads (RFC 6184) without decoding: key frames and sizes. */
#ifndef RELAY_ENGINE_H264_H
#define RELAY_ENGINE_H264_H

#include "bytes.h"

/* Whether a sequence parameter set begins here, so that a decoder can start at this packet. */
bool h264_is_parameter_set(const uint8_t *payload, int length);

/* Whether an IDR picture or its parameter sets begin here. */
bool h264_is_keyframe_start(const uint8_t *payload, int length);

/* Whether all in this payload comes before a picture and is nothing a decoder needs: delimiters and
 * messages (ITU-T H.264 sections 7.4.1.2.3, 7.3.2.3). */
bool h264_is_prelude(const uint8_t *payload, int length);

/* nal_ref_idc of the picture of which this is a part: 0 where no other picture refers to it, 3 for an
 * IDR picture; -1 where no slice is in this payload. */
int h264_reference_idc(const uint8_t *payload, int length);

/* Pixels by a sequence parameter set in this payload; 0 if there is no whole one. */
uint32_t h264_pixels(const uint8_t *payload, int length);

#endif
