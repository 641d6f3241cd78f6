"""Media: reading and writing of images, video and sound, and the pixel routines that several stages share."""
