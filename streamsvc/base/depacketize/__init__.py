"""RTP packets of one track back to encoded pictures: for the recorder and the transcoder. Pure."""
